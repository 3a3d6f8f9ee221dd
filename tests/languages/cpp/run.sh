#!/usr/bin/env bash
# run.sh PROGRAM
#
# Installs the CMake package out of the build folder ORDER1688_BUILD (built before), builds the project of this folder against it in the
# current folder, runs PROGRAM.

set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)

cmake --install "$ORDER1688_BUILD" --prefix installed >/dev/null
cmake -G Ninja -S "$here" -B build -DCMAKE_PREFIX_PATH="$PWD/installed" >/dev/null
cmake --build build >&2
exec "build/$1"
