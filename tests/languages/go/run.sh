#!/usr/bin/env bash
# run.sh PROGRAM
#
# Installs the Go module, served from its built files, into an empty project in the current folder, and runs PROGRAM
# (see main.go).

set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
project=$(cd -- "$here/../../.." && pwd)
source "$project/bazel-free-scripts/lib/talk.sh"

"$project/bazel-free-scripts/package.sh" go >&2
export GO111MODULE=on GOTOOLCHAIN=local GOWORK=off GOFLAGS="-modcacherw -buildvcs=false -trimpath"
# The version of the module does not change with its content, so it must never come out of a store; the others may.
GOPROXY="file://$project/build/packages/go,file://$(go env GOMODCACHE)/cache/download,$(go env GOPROXY)"
(cd "$project/client/go" && with_retries go mod download)
export GOPROXY GOMODCACHE=$PWD/modules GONOSUMDB=order1688.internal

cp "$here"/*.go .
go mod init example >&2
with_retries go get order1688.internal/order1688@latest >&2
go vet -mod=mod . >&2
go build -mod=mod -o program . >&2
exec ./program "$1"
