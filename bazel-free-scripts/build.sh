#!/usr/bin/env bash
# build.sh [release|debug|tsan|fuzz|bench] [--no-install] [TARGET…]
#
# Builds one preset of CMakePresets.json (release when none is named) into build/<preset>; programs are in
# build/<preset>/bin. Installs first what is missing (setup.sh); --no-install builds with what is there.
# TARGET: only these ninja targets.

set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/lib/talk.sh"

preset=release install=1 targets=()
while [[ $# -gt 0 ]]; do
  case $1 in
    release | debug | tsan | fuzz | bench) preset=$1 ;;
    --no-install) install=0 ;;
    -h | --help) usage; exit ;;
    -*) die "unknown argument '$1' (see --help)" ;;
    *) targets+=("$1") ;;
  esac
  shift
done

cd "$PROJECT_ROOT"
case $preset in
  release) needs="run" ;;
  bench) needs="bench" ;;
  *) needs="test" ;;
esac
ensure_installed "$needs" "$install"

# One compiler takes up to 1.5 GB on a file that includes gRPC with sanitizers.
free_mb=$(awk '/^MemAvailable:/ {print int($2 / 1024)}' /proc/meminfo)
jobs=$(( free_mb / 1500 ))
(( jobs <= $(nproc) )) || jobs=$(nproc)
(( jobs >= 1 )) || jobs=1

say "building preset $preset with $jobs jobs"
cmake --preset "$preset" -Wno-dev >"build/configure-$preset.log" 2>&1 || {
  cat "build/configure-$preset.log" >&2
  die "cmake could not configure preset $preset"
}
start=$SECONDS
cmake --build "build/$preset" -j "$jobs" ${targets:+--target "${targets[@]}"} || die "preset $preset did not build"
say "built preset $preset in $(( SECONDS - start )) s"
