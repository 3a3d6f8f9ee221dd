#!/usr/bin/env bash
# package_go.sh stubs | package VERSION
#
# The Go part of gen-stubs.sh and package.sh.
#   stubs     build/stubs/go: the module order1688.internal/order1688, client/go and the code generated from the protos
#   package   build/packages/go: the same, laid out as a module proxy serves it, so that GOPROXY=file://… works

set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/talk.sh"

MODULE=order1688.internal/order1688
GRPC_PLUGIN_VERSION=v1.4.0   # the newest that Go 1.19 of Debian 12 builds
STUBS="$PROJECT_ROOT/build/stubs/go"
TOOLS="$PROJECT_ROOT/build/tools"
export GO111MODULE=on GOTOOLCHAIN=local GOFLAGS="-modcacherw -buildvcs=false" GOOS='' GOARCH='' GOWORK=off

make_stubs() {
  rm -rf "$STUBS"
  mkdir -p "$STUBS" "$TOOLS/bin"
  cp "$PROJECT_ROOT"/client/go/* "$STUBS"
  # protoc-gen-go in the version of the library that the module is built with.
  (cd "$STUBS" && GOBIN="$TOOLS/bin" go install google.golang.org/protobuf/cmd/protoc-gen-go)
  [[ -x $TOOLS/bin/protoc-gen-go-grpc ]] ||
    GOBIN="$TOOLS/bin" go install "google.golang.org/grpc/cmd/protoc-gen-go-grpc@$GRPC_PLUGIN_VERSION"

  cd "$PROJECT_ROOT/protos"
  # A module proxy wants a dot in the first part of a path, which go_package lacks.
  local file options="module=$MODULE"
  for file in order1688/v1/*.proto; do
    options+=",M$file=$MODULE/v1;order1688v1"
  done
  protoc -I . --plugin "$TOOLS/bin/protoc-gen-go" --plugin "$TOOLS/bin/protoc-gen-go-grpc" \
    --go_out "$STUBS" --go_opt "$options" --go-grpc_out "$STUBS" --go-grpc_opt "$options" order1688/v1/*.proto
}

make_package() {
  local version="v$1" served="$PROJECT_ROOT/build/packages/go/$MODULE/@v"
  [[ -d $STUBS/v1 ]] || make_stubs
  rm -rf "$served"
  mkdir -p "$served"
  echo "$version" >"$served/list"
  printf '{"Version":"%s"}\n' "$version" >"$served/$version.info"
  cp "$STUBS/go.mod" "$served/$version.mod"
  python3 - "$STUBS" "$MODULE@$version" "$served/$version.zip" <<'END'
import pathlib, sys, zipfile
module, prefix, path = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as served:
    for file in sorted(f for f in module.rglob("*") if f.is_file()):
        served.write(file, f"{prefix}/{file.relative_to(module)}")
END
}

case ${1:-} in
  stubs) make_stubs ;;
  package) make_package "$2" ;;
  *) die "takes stubs or package (see its first lines)" ;;
esac
