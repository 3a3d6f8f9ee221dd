#!/usr/bin/env bash
# build.sh OUT
#
# Puts the program and its packages into OUT: node OUT/server.js.

set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)

mkdir -p "$1"
if ! cmp -s "$here/package.json" "$1/installed.json"; then
  cp "$here/package.json" "$1"
  npm install --prefix "$1" --no-package-lock --no-audit --no-fund --ignore-scripts >&2
  cp "$here/package.json" "$1/installed.json"
fi
cp "$here"/*.js "$1"
rm -rf "$1/protos"
cp -r "$here/../../../../protos" "$1/protos"
