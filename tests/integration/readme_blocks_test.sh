#!/usr/bin/env bash
# readme_blocks_test.sh BIN_DIR BLOCK…
#
# Executes blocks of the README, in this order, as a reader would: in the project's folder, with the programs on the PATH, a
# server in front of a sandbox gateway, ORDER1688_SERVER and ORDER1688_TOKEN set. The server speaks TLS if the first block is that of a
# language: ORDER1688_CA_FILE. Then looks that the sandbox counted as many orders as the blocks placed. Ends with 77 (skipped) if a
# block needs a tool that is not there.

set -euo pipefail
bin=$1
shift
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
blocks=("$@")

for block in "${blocks[@]}"; do
  case $block in
    grpcurl) command -v grpcurl >/dev/null || { echo "skipped: no grpcurl"; exit 77; } ;;
    buf-curl) command -v buf >/dev/null || { echo "skipped: no buf"; exit 77; } ;;
  esac
done

umask 077
dir=$(mktemp -d)
pids=()
# shellcheck disable=SC2317  # called by the trap
clean_up() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$dir"
}
trap clean_up EXIT

await_file() {
  for _ in {1..600}; do
    [[ ! -s $1 ]] || return 0
    sleep 0.05
  done
  cat "$dir"/*.log >&2
  echo "$1 was not written: the program did not start" >&2
  exit 1
}
port_of() { sed -n "s/.*\"$2\": *\([0-9]*\).*/\1/p" "$1"; }

printf secret-of-the-readme-test >"$dir/secret"
PYTHONDONTWRITEBYTECODE=1 python3 tests/sandbox/sandbox.py --secret-file "$dir/secret" --port-file "$dir/gateway.json" \
  >/dev/null 2>"$dir/gateway.log" </dev/null &
pids+=($!)
await_file "$dir/gateway.json"

export ORDER1688_TOKEN=token-of-the-readme-test
tls=''
case ${blocks[0]} in cpp | go | java | node | python)
  bazel-free-scripts/gen-certs.sh "$dir/certs" >/dev/null 2>&1
  export ORDER1688_CA_FILE="$dir/certs/ca.pem"
  tls="tls { cert_file: '$dir/certs/server.pem' key_file: '$dir/certs/server.key' }"
esac
cat >"$dir/server.textproto" <<END
$tls
listen: "127.0.0.1:0"
ops_listen: "127.0.0.1:0"
accounts {
  name: "main"
  environment: SANDBOX
  base_url: "http://127.0.0.1:$(port_of "$dir/gateway.json" port)"
  access_key: "58c0201dfdf148eca63cbf6bb5e7cf03"
  access_secret_file: "$dir/secret"
  user_id: "2100007341207"
}
callers {
  id: "reader"
  token_sha256: "$(printf %s "$ORDER1688_TOKEN" | sha256sum | cut -d' ' -f1)"
  accounts: "main"
  permissions: PLACE
  permissions: READ
}
ledger { sqlite { path: "$dir/ledger.db" } }
END
"$bin/order1688-server" --config "$dir/server.textproto" --port-file "$dir/server.json" >"$dir/server.log" 2>&1 </dev/null &
pids+=($!)
await_file "$dir/server.json"
ORDER1688_SERVER="127.0.0.1:$(port_of "$dir/server.json" port)"
ORDER1688_BUILD=$(dirname "$bin")
export ORDER1688_BUILD ORDER1688_SERVER XDG_STATE_HOME="$dir/state" PATH="$bin:$PATH" TMPDIR="$dir"
# Stores of this project: a rebuilt package has the same version, so no other store may keep it.
export MAVEN_OPTS="-Dmaven.repo.local=$PWD/build/tools/maven"
if [[ ${blocks[0]} == go ]]; then
  GOPROXY="file://$(go env GOMODCACHE)/cache/download,$(go env GOPROXY)"
  export GOPROXY GOMODCACHE="$dir/modules" GOFLAGS=-modcacherw
fi
export no_proxy="127.0.0.1,localhost${no_proxy:+,$no_proxy}"   # gRPC would ask a proxy of the environment

placing=0
for block in "${blocks[@]}"; do
  echo "== $block"
  text=$(python3 bazel-free-scripts/lib/readme_blocks.py extract "$block")
  bash -euo pipefail -c "$text" </dev/null
  case $block in cli | grpcurl | buf-curl | cpp | go | java | node | python) placing=$((placing + 1)) ;; esac
done

orders=$(python3 -c 'import json, sys, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
print(json.load(opener.open(sys.argv[1]))["orders"])' "http://127.0.0.1:$(port_of "$dir/gateway.json" admin_port)/counts")
[[ $orders == "$placing" ]] || { echo "the sandbox counted $orders orders, not $placing" >&2; exit 1; }
echo "the sandbox counted $orders orders, as placed"
