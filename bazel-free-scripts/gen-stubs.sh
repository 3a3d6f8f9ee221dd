#!/usr/bin/env bash
# gen-stubs.sh [LANGUAGE]…
#
# Generates the client stubs of the public API (protos/order1688/v1) into build/stubs/LANGUAGE, for python, node, go and
# java; all of them if none is named. Nothing generated is kept in the project. C++ programs get theirs from
# `cmake --install`. One script per language does it: lib/stubs_LANGUAGE.sh.

set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/lib/talk.sh"

languages=()
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help) usage; exit ;;
    *) [[ -x $PROJECT_ROOT/bazel-free-scripts/lib/stubs_$1.sh ]] || die "no such language: '$1' (see --help)"; languages+=("$1") ;;
  esac
  shift
done
(( ${#languages[@]} )) || languages=(python node go java)

for language in "${languages[@]}"; do
  out="$PROJECT_ROOT/build/stubs/$language"
  say "generating build/stubs/$language"
  rm -rf "$out"
  mkdir -p "$out"
  "$PROJECT_ROOT/bazel-free-scripts/lib/stubs_$language.sh" "$out"
done
