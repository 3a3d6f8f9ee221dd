#!/usr/bin/env bash
# package_python.sh STUBS OUT VERSION
#
# Builds OUT/order1688-VERSION-py3-none-any.whl from the stubs and client/python.

set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/talk.sh"
stubs=$1 out=$2 version=$3
cd "$PROJECT_ROOT"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$stubs/order1688" "$work"
cp client/python/order1688/*.py client/python/order1688/py.typed "$work/order1688"
sed "s/@VERSION@/$version/" client/python/pyproject.toml >"$work/pyproject.toml"
rm -f "$out"/order1688-*.whl
build/tools/python/bin/pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir "$out" "$work"
