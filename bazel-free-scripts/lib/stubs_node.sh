#!/usr/bin/env bash
# stubs_node.sh OUT
#
# Generates the TypeScript stubs with ts-proto, which is installed into build/tools/node: of the API, and of the google.rpc
# messages that its errors hold. 64-bit integers are bigint.

set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/talk.sh"
out=$1 tools="$PROJECT_ROOT/build/tools/node"

if ! cmp -s "$PROJECT_ROOT/client/node/package.json" "$tools/package.json"; then
  say "installing what builds the npm package into build/tools/node"
  rm -rf "$tools"
  mkdir -p "$tools"
  sed 's/@VERSION@/0.0.0/' "$PROJECT_ROOT/client/node/package.json" >"$tools/package.json"
  npm install --prefix "$tools" --no-package-lock --no-audit --no-fund --ignore-scripts >&2
  cp "$PROJECT_ROOT/client/node/package.json" "$tools/package.json"
fi

cd "$PROJECT_ROOT/protos"
google="$tools/node_modules/google-proto-files"
# No JSON methods: they would know neither the json_name of a field nor the canonical mapping.
protoc -I . -I "$google" --plugin "$tools/node_modules/.bin/protoc-gen-ts_proto" --ts_proto_out "$out" \
  --ts_proto_opt outputServices=grpc-js,env=node,esModuleInterop=true,forceLong=bigint,useDate=false,useExactTypes=false \
  --ts_proto_opt outputJsonMethods=false,outputIndex=true,exportCommonSymbols=false \
  order1688/v1/*.proto "$google/google/rpc/status.proto" "$google/google/rpc/error_details.proto"
