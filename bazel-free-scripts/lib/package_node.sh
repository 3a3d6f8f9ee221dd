#!/usr/bin/env bash
# package_node.sh STUBS OUT VERSION
#
# Builds OUT/order1688-VERSION.tgz, with types, from the stubs and client/node.

set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/talk.sh"
stubs=$1 out=$2 version=$3 tools="$PROJECT_ROOT/build/tools/node"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$stubs" "$work/src"
cp -r "$PROJECT_ROOT/client/node/." "$work"   # its index.ts takes the place of the generated one
sed -i "s/@VERSION@/$version/" "$work/package.json"
ln -s "$tools/node_modules" "$work/node_modules"
"$tools/node_modules/.bin/tsc" -p "$work"
rm -f "$out"/order1688-*.tgz
npm pack "$work" --pack-destination "$out" --silent >&2
