#!/usr/bin/env bash
# package.sh [LANGUAGE]…
#
# Builds the client packages that other teams install, into build/packages: a Python wheel, an npm package and a Go
# module; all of them if none of python, node, go is named. Each holds the stubs (gen-stubs.sh) and the helper of
# client/LANGUAGE; its version is the project's, from CMakeLists.txt. Java programs generate from the protos with Maven's
# plugin, C++ programs use `cmake --install`. One script per language does it: lib/package_LANGUAGE.sh.

set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/lib/talk.sh"

languages=()
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help) usage; exit ;;
    *) [[ -x $PROJECT_ROOT/bazel-free-scripts/lib/package_$1.sh ]] || die "no such package: '$1' (see --help)"; languages+=("$1") ;;
  esac
  shift
done
(( ${#languages[@]} )) || languages=(python node go)

version=$(project_version)
mkdir -p "$PROJECT_ROOT/build/packages"
for language in "${languages[@]}"; do
  "$PROJECT_ROOT/bazel-free-scripts/gen-stubs.sh" "$language"
  say "packing $language $version into build/packages"
  "$PROJECT_ROOT/bazel-free-scripts/lib/package_$language.sh" "$PROJECT_ROOT/build/stubs/$language" "$PROJECT_ROOT/build/packages" "$version"
done
