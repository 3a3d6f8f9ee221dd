#!/usr/bin/env bash
# build.sh OUT
#
# Builds the program OUT/server, with the stubs that gen-stubs.sh makes.

set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
project=$(cd -- "$here/../../../.." && pwd)

"$project/bazel-free-scripts/gen-stubs.sh" go >&2
mkdir -p "$1"
cp "$here"/*.go "$1"
# The module of the stubs, with the versions of grpc-go and protobuf that it asks for, and this program inside it.
cp -r "$project/build/stubs/go/v1" "$1"
cp "$project/client/go/go.mod" "$project/client/go/go.sum" "$1"
cd "$1"
GO111MODULE=on GOTOOLCHAIN=local GOWORK=off GOFLAGS="-mod=mod -modcacherw -buildvcs=false" go build -o server .
