#!/usr/bin/env bash
# build.sh OUT
#
# Puts the program, the stubs that gen-stubs.sh makes and a virtual environment into OUT: OUT/venv/bin/python OUT/server.py.

set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
project=$(cd -- "$here/../../../.." && pwd)

mkdir -p "$1"
if ! cmp -s "$here/requirements.txt" "$1/installed.txt"; then
  python3 -m venv --clear "$1/venv"
  "$1/venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt" >&2
  cp "$here/requirements.txt" "$1/installed.txt"
fi
"$project/bazel-free-scripts/gen-stubs.sh" python >&2
rm -rf "$1/order1688"
cp -r "$project/build/stubs/python/order1688" "$1"
cp "$here"/*.py "$1"
