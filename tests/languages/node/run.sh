#!/usr/bin/env bash
# run.sh PROGRAM
#
# Installs the npm package from its built file into an empty project in the current folder, compiles the programs against
# its types, and runs PROGRAM.

set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
project=$(cd -- "$here/../../.." && pwd)

"$project/bazel-free-scripts/package.sh" node >&2
cp "$here"/*.ts "$here/tsconfig.json" .
echo '{"name": "example", "private": true, "type": "module"}' >package.json
# Plain @grpc/grpc-js: the peer that the package asks for. The rest is what the programs add.
npm install --no-audit --no-fund --ignore-scripts "$project"/build/packages/order1688-*.tgz \
  grpc-health-check@2.0.2 typescript@5.9.3 @types/node@18.19.130 >&2
node_modules/.bin/tsc -p . >&2
exec node "$1.js"
