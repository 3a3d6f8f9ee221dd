#!/usr/bin/env bash
# bench.sh [--no-install] [--short | --full] [--only PART]… [--rounds N] [--out FOLDER]
# bench.sh [--no-install] --record-profile
#
# Measures how fast the server is, and compares it with the floor (gRPC and libcurl alone), with servers that a team would
# write instead in Node, Go and Python, and with the project's goals. Installs what is missing, builds the preset bench
# and the peers, and runs tests/bench/run_bench.py. Tables on stdout; result.json, table.md and picture.svg in FOLDER.
# Leave the machine alone meanwhile. No time makes it fail; exit code 1 if a server answered wrongly.
#
#   --no-install   with what is there
#   --short        below 2 minutes, after the build: one round of the comparisons and the micro benchmarks (default)
#   --full         every goal, 7 rounds: about 30 minutes
#   --only PART    only this part; may be repeated: floor peers ledger micro growth cores latency ghz
#   --rounds N     so many rounds
#   --out FOLDER   where the results go; default build/bench/result
#   --record-profile   measures nothing: writes server/branch_profile.yaml, by which the server's code is laid out, anew

set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/lib/talk.sh"

install=1 record=0 arguments=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --no-install) install=0 ;;
    --record-profile) record=1 ;;
    --short | --full) arguments+=("$1") ;;
    --only | --rounds) arguments+=("$1" "${2:-}"); shift ;;
    --out) arguments+=(--out "$(realpath -m -- "${2:?--out needs a folder}")"); shift ;;
    -h | --help) usage; exit ;;
    *) die "unknown argument '$1' (see --help)" ;;
  esac
  shift
done

cd "$PROJECT_ROOT"
ensure_installed bench "$install"
bazel-free-scripts/build.sh bench --no-install >&2
(( ! record )) || exec python3 -B tests/bench/record_profile.py --build build/bench
for peer in node go python; do
  say "building the peer in $peer"
  "tests/bench/peers/$peer/build.sh" "$PROJECT_ROOT/build/bench/peers/$peer"
done
exec python3 -B tests/bench/run_bench.py --build build/bench "${arguments[@]}"
