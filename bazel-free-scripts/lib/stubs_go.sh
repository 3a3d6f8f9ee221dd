#!/usr/bin/env bash
# stubs_go.sh OUT
#
# Generates the package order1688.internal/order1688/v1 with protoc-gen-go and protoc-gen-go-grpc, which are built into
# build/tools/go.

set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/talk.sh"
out=$1 tools="$PROJECT_ROOT/build/tools/go"
export GO111MODULE=on GOTOOLCHAIN=local GOFLAGS="-modcacherw -buildvcs=false" GOWORK=off

PROTOBUF_VERSION=v1.34.1      # what client/go/go.mod requires
GRPC_PLUGIN_VERSION=v1.4.0    # the newest that Go 1.19 of Debian 12 builds

versions="$PROTOBUF_VERSION $GRPC_PLUGIN_VERSION"
if [[ $(cat "$tools/versions" 2>/dev/null) != "$versions" ]]; then
  say "building what generates the Go stubs into build/tools/go"
  export GOBIN="$tools"
  with_retries go install "google.golang.org/protobuf/cmd/protoc-gen-go@$PROTOBUF_VERSION"
  with_retries go install "google.golang.org/grpc/cmd/protoc-gen-go-grpc@$GRPC_PLUGIN_VERSION"
  echo "$versions" >"$tools/versions"
fi

cd "$PROJECT_ROOT/protos"
# The first part of a module's path needs a dot, or no proxy serves it; go_package has none, so -M says it.
module=order1688.internal/order1688
options="module=$module"
for file in order1688/v1/*.proto; do
  options+=",M$file=$module/v1;order1688v1"
done
protoc -I . --plugin "$tools/protoc-gen-go" --plugin "$tools/protoc-gen-go-grpc" \
  --go_out "$out" --go_opt "$options" --go-grpc_out "$out" --go-grpc_opt "$options" order1688/v1/*.proto
