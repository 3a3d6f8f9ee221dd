#!/usr/bin/env bash
# run.sh [--no-install] [--keep]
#
# Shows the whole way of an order on this machine, without any real order: installs what is missing (setup.sh), builds
# release, starts the sandbox gateway and the server, places the sample order, reads it back, places it again under
# the same request_id (a replay: the gateway must count one order), and cleans up. The orders are printed as tables.
#
#   --no-install   build with what is there
#   --keep         leave gateway and server running until Ctrl-C, and print how to call them

set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/lib/talk.sh"

install=1 keep=0
while [[ $# -gt 0 ]]; do
  case $1 in
    --no-install) install=0 ;;
    --keep) keep=1 ;;
    -h | --help) usage; exit ;;
    *) die "unknown argument '$1' (see --help)" ;;
  esac
  shift
done

cd "$PROJECT_ROOT"
no_install=()
(( install )) || no_install=(--no-install)
bazel-free-scripts/build.sh release "${no_install[@]}"

export no_proxy="127.0.0.1,localhost${no_proxy:+,$no_proxy}"   # gRPC would ask a proxy of the environment
umask 077   # the secret and the token are for this user only
dir=$(mktemp -d)
export XDG_STATE_HOME="$dir/state"
pids=()
stop_all() {
  local pid
  trap '' INT TERM
  for pid in "${pids[@]}"; do   # the server first, so that it can finish what it sent
    kill "$pid" 2>/dev/null || continue
    for _ in {1..100}; do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill -KILL "$pid" 2>/dev/null || true
  done
  wait 2>/dev/null || true
  rm -rf "$dir"
}
trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
  local log
  for log in server gateway; do
    [[ ! -s $dir/$log.log ]] || { say "the last lines of the $log's log:"; tail -n 20 "$dir/$log.log" >&2; }
  done
  die "$1. No money is at risk: the gateway was the sandbox, nothing real was ordered."
}

# await_ports NAME PID FILE: waits until the program has written its ports.
await_ports() {
  for _ in {1..300}; do
    [[ ! -s $3 ]] || return 0
    kill -0 "$2" 2>/dev/null || fail "the $1 ended before it was ready"
    sleep 0.1
  done
  fail "the $1 was not ready after 30 s"
}
# field FILE NAME: a number out of a flat JSON object.
field() { sed -n "s/.*\"$2\": *\([0-9]*\).*/\1/p" "$1"; }
random_hex() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }

say "starting the sandbox gateway"
random_hex 16 >"$dir/secret"
access_key=$(random_hex 16)
PYTHONDONTWRITEBYTECODE=1 python3 tests/sandbox/sandbox.py --access-key "$access_key" --secret-file "$dir/secret" \
  --user-id 1000 --port-file "$dir/gateway.ports" >/dev/null 2>"$dir/gateway.log" </dev/null &
gateway_pid=$!
pids=("$gateway_pid")
await_ports gateway "$gateway_pid" "$dir/gateway.ports"
gateway_port=$(field "$dir/gateway.ports" port)
admin_port=$(field "$dir/gateway.ports" admin_port)

say "starting the server"
ORDER1688_TOKEN=$(random_hex 32)
export ORDER1688_TOKEN
cat >"$dir/server.textproto" <<END
listen: "127.0.0.1:0"
ops_listen: "127.0.0.1:0"
accounts {
  name: "main"
  environment: SANDBOX
  base_url: "http://127.0.0.1:$gateway_port"
  access_key: "$access_key"
  access_secret_file: "$dir/secret"
  user_id: "1000"
}
callers {
  id: "demo"
  token_sha256: "$(printf %s "$ORDER1688_TOKEN" | sha256sum | cut -d' ' -f1)"
  accounts: "main"
  permissions: PLACE
  permissions: READ
}
ledger { sqlite { path: "$dir/ledger.db" } }
END
build/release/bin/order1688-server --config "$dir/server.textproto" --port-file "$dir/server.ports" \
  >"$dir/server.log" 2>&1 </dev/null &
server_pid=$!
pids=("$server_pid" "$gateway_pid")
await_ports server "$server_pid" "$dir/server.ports"
server="127.0.0.1:$(field "$dir/server.ports" port)"

client() { build/release/bin/order1688 "$@" --server "$server" --plaintext; }
sample=tests/vectors/order-batch-create.request.json
say "placing the sample order: order1688 place $sample --request-id demo-1 --server $server --plaintext"
client place "$sample" --request-id demo-1 || fail "the client could not place the order (exit code $?)"
say "reading it back: order1688 get demo-1 --server $server --plaintext"
client get demo-1 || fail "the client could not read the placement (exit code $?)"
say "placing it again under the same request_id: a replay"
client place "$sample" --request-id demo-1 || fail "the replay was refused (exit code $?)"

counts=$(python3 -c 'import http.client, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=10)
connection.request("GET", "/counts")
print(connection.getresponse().read().decode())' "$admin_port") || fail "the sandbox did not say what it counted"
orders=$(sed -n 's/.*"orders": *\([0-9]*\).*/\1/p' <<<"$counts")
[[ $orders == 1 ]] || fail "the sandbox counted ${orders:-no} orders, not one: $counts"
say "placed twice under one request_id; the gateway counted 1 order"

if (( keep )); then
  say "still running; Ctrl-C ends and removes everything. In another shell:"
  printf '%s\n' "export ORDER1688_SERVER=$server ORDER1688_TOKEN=$ORDER1688_TOKEN" \
    "build/release/bin/order1688 place $sample --request-id demo-2 --plaintext" \
    "curl -s http://127.0.0.1:$(field "$dir/server.ports" ops_port)/metrics   # the server's metrics" \
    "curl -s http://127.0.0.1:$admin_port/counts    # what the gateway counted"
  wait "$server_pid" || fail "the server ended (exit code $?)"
fi
