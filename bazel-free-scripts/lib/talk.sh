# shellcheck shell=bash
# Sourced by every script: where the project is, how a script talks (progress on stderr), what it needs installed.

PROJECT_ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
export HOME="${HOME:-$PROJECT_ROOT/build/home}"   # CI may start us without one; ccache and npm need it
export CCACHE_BASEDIR="$PROJECT_ROOT" CCACHE_NOHASHDIR=1   # what one checkout compiled serves another

say() { printf '==> %s\n' "$*" >&2; }

die() {
  printf '%s: %s\n' "$(basename -- "$0")" "$*" >&2
  exit 1
}

# Prints the comment that the calling script begins with.
usage() { sed -n '2,/^$/s/^# \{0,1\}//p' "$0"; }

# The one version: what CMakeLists.txt says.
project_version() {
  sed -n 's/^project(order1688 VERSION \([0-9.]*\).*/\1/p' "$PROJECT_ROOT/CMakeLists.txt" | grep .
}

# ensure_installed PURPOSE INSTALL: with INSTALL 0 it only says what setup.sh finds missing, and goes on.
ensure_installed() {
  local setup="$PROJECT_ROOT/bazel-free-scripts/setup.sh" missing
  if [[ $2 == 1 ]]; then
    "$setup" --for "$1"
    return
  fi
  missing=$("$setup" --for "$1" --print | paste -sd' ')
  [[ -z $missing ]] || say "not installed (--no-install): $missing"
  mkdir -p "$PROJECT_ROOT/build"
}

# with_retries COMMAND…: for what only fetches, and does not try again by itself: a registry may be away for a moment.
with_retries() {
  "$@" || { sleep 5 && "$@"; } || { sleep 15 && "$@"; }
}
