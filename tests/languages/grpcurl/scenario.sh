#!/usr/bin/env bash
# The scenario of ../scenario.md with grpcurl: place, replay, errors, watch, list.

set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
service=order1688.v1.OrderService

# call METHOD REQUEST: prints the answer as JSON.
call() {
  grpcurl -cacert "$ORDER1688_CA_FILE" -H "authorization: Bearer $ORDER1688_TOKEN" -max-time 60 -format-error \
    -d "$2" "$ORDER1688_ADDRESS" "$1"
}
# refused METHOD REQUEST: prints the google.rpc.Status of a call that has to fail.
refused() {
  local status
  ! status=$(call "$@" 2>&1 >/dev/null) || { echo "$1 did not fail" >&2; return 1; }
  printf '%s' "$status"
}
# order REQUEST_ID [SED-COMMAND]: the sample order under this id, changed.
order() { sed "s/lang-place/$1/; ${2:-}" "$ORDER1688_SCENARIO"; }
lines() { python3 "$here/lines.py" "$@"; }
line() { printf '%s\t%s\t%s\n' "$@"; }

line health status "$(call grpc.health.v1.Health/Check "{\"service\": \"$service\"}" | sed -n 's/.*"status": *"\(.*\)".*/\1/p')"

call $service/PlaceOrders "$(order lang-place)" | lines place placed
call $service/PlaceOrders "$(order lang-place)" | lines replay placed

refused $service/PlaceOrders "$(order lang-place 's/"quantity": 2,/"quantity": 3,/')" | lines mismatch failure -
refused $service/PlaceOrders "$(order lang-violations 's/李小明//; s/"quantity": 2,/"quantity": 0,/; s/"seller-2"/""/')" |
  lines violations failure
refused $service/PlaceOrders "$(order lang-doubt 's/李小明/王失联/')" | lines in_doubt failure next orderMayExist

resolved=0
while IFS= read -r state; do
  line watch state "$state"
  (( resolved )) || call $service/ResolvePlacement \
    '{"requestId": "lang-doubt", "verdict": "PLACEMENT_STATE_CLOSED", "reason": "scenario"}' >/dev/null
  resolved=1
done < <(call $service/WatchPlacement '{"requestId": "lang-doubt"}' |
  sed -un 's/.*"state": *"PLACEMENT_STATE_\(.*\)".*/\1/p')
wait $!   # the watch has to end with OK

token='' number=0
until (( number )) && [[ -z $token ]]; do
  number=$(( number + 1 ))
  page=$(call $service/ListPlacements "{\"pageSize\": 1, \"pageToken\": \"$token\"}")
  token=$(sed -n 's/.*"nextPageToken": *"\(.*\)".*/\1/p' <<<"$page")
  placed=$(python3 -c 'import json, sys
for placement in json.load(sys.stdin).get("placements", []):
    print(placement["requestId"], placement["state"].removeprefix("PLACEMENT_STATE_"))' <<<"$page")
  [[ -z $placed ]] || line list "page$number" "$placed"
done

ORDER1688_TOKEN=wrong
refused $service/GetPlacement '{"requestId": "lang-place"}' | lines wrong_token failure
