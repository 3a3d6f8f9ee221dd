#!/usr/bin/env bash
# stubs_python.sh OUT
#
# Generates the Python stubs: messages and services with Debian's protoc and grpc_python_plugin, the types (.pyi, with the
# protos' comments) with mypy-protobuf, which is installed into build/tools/python.

set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/talk.sh"
out=$1
cd "$PROJECT_ROOT"

python=build/tools/python/bin
if ! cmp -s client/python/build-requirements.txt build/tools/python/installed.txt; then
  say "installing what builds the Python package into build/tools/python"
  rm -rf build/tools/python
  python3 -m venv build/tools/python || die "needs python3-venv (bazel-free-scripts/setup.sh --for test installs it)"
  "$python/pip" install --quiet --disable-pip-version-check -r client/python/build-requirements.txt
  cp client/python/build-requirements.txt build/tools/python/installed.txt
fi

protoc -I protos --python_out "$out" --mypy_out quiet:"$out" --plugin "$python/protoc-gen-mypy" protos/order1688/v1/*.proto
protoc -I protos --grpc_out "$out" --plugin protoc-gen-grpc="$(command -v grpc_python_plugin)" \
  --mypy_grpc_out quiet:"$out" --plugin "$python/protoc-gen-mypy_grpc" protos/order1688/v1/*_service.proto
: >"$out/order1688/v1/__init__.py"
