#!/usr/bin/env bash
# setup.sh [--for run|test|check|bench|all] [--print]
#
# Installs what the project needs on Debian 12 and is not there yet: Debian packages with apt-get (as root, or
# through sudo; nothing else runs as root), and pinned tools under build/tools: grpcurl, buf and ghz.
# Says what it will install before it does. A second run finds nothing to do.
#
#   --for PURPOSE   run: build and start; test: run + what the tests use; check: test + linters; bench: run + what
#                   bench.sh uses; all (default): everything but bench, whose nginx may start as a service
#   --print         only print what is missing, one name per line

set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/lib/talk.sh"

GRPCURL_VERSION=v1.9.1   # the newest that Go 1.19 of Debian 12 builds; Go 1.26 builds it too
BUF_VERSION=1.59.0
GHZ_VERSION=v0.117.0      # the newest that Go 1.19 builds

# The one list of Debian packages. "package=command": not needed when the command is there, from whatever source.
declare -A PACKAGES=(
  [run]="ca-certificates g++ cmake ninja-build ccache pkg-config python3=python3
    libgrpc++-dev protobuf-compiler protobuf-compiler-grpc libprotobuf-dev libprotoc-dev grpc-proto libabsl-dev
    libcurl4-openssl-dev libssl-dev libsqlite3-dev libpq-dev rapidjson-dev libcli11-dev libspdlog-dev libfmt-dev
    prometheus-cpp-dev libcivetweb-dev libgoogle-perftools-dev bolt-16"
  [test]="libgtest-dev libgmock-dev openssl=openssl clang-14 libclang-rt-14-dev llvm-14
    postgresql python3-venv golang-go=go nodejs=node npm=npm openjdk-17-jdk-headless=javac maven=mvn"
  [check]="clang-format-14 clang-tidy-14 shellcheck=shellcheck git=git"
  [bench]="libbenchmark-dev nginx postgresql python3-venv golang-go=go nodejs=node npm=npm"
)
declare -A INCLUDES=([run]="run" [test]="run test" [check]="run test check" [bench]="run bench" [all]="run test check")

missing_packages() {
  local purpose entry
  for purpose in ${INCLUDES[$1]}; do
    for entry in ${PACKAGES[$purpose]}; do
      [[ $entry != *=* ]] || ! command -v "${entry#*=}" >/dev/null || continue
      # "ok installed" also for a package that another one provides under a multi-arch name.
      dpkg-query -W -f '${Status}\n' "${entry%%=*}" 2>/dev/null | grep -q ' ok installed$' ||
        printf '%s\n' "${entry%%=*}"
    done
  done
}

missing_tools() {
  [[ $1 != run ]] || return 0
  [[ -x $TOOLS/bin/grpcurl && $(cat "$TOOLS/grpcurl.version" 2>/dev/null) == "$GRPCURL_VERSION" ]] ||
    echo "grpcurl-$GRPCURL_VERSION"
  if [[ $1 == bench ]]; then
    [[ -x $TOOLS/bin/ghz && $(cat "$TOOLS/ghz.version" 2>/dev/null) == "$GHZ_VERSION" ]] || echo "ghz-$GHZ_VERSION"
    return
  fi
  [[ -x $TOOLS/bin/buf && $(cat "$TOOLS/buf.version" 2>/dev/null) == "$BUF_VERSION" ]] ||
    echo "buf-$BUF_VERSION"
}

install_packages() {
  local as_root=()
  command -v apt-get >/dev/null ||
    die "needs Debian 12 (there is no apt-get). Install the equivalents of: $*"
  if [[ $(id -u) != 0 ]]; then
    command -v sudo >/dev/null ||
      die "installing packages needs root or sudo. Ask root for: apt-get install --no-install-recommends $*"
    as_root=(sudo)
  fi
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq
    -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0)
  say "installing $# Debian packages${as_root[0]:+ with sudo}: $*"
  "${apt[@]}" update || die "apt-get update failed: is the network there, and may $(id -un) use root?"
  "${apt[@]}" install -y --no-install-recommends "$@" >"$TOOLS/apt.log" 2>&1 ||
    die "apt-get could not install the packages: $(tail -n 5 "$TOOLS/apt.log")"
}

# install_go_tool NAME PACKAGE VERSION
install_go_tool() {
  say "building $1 $3 with $(go version | cut -d' ' -f3) into build/tools (1 to 3 minutes)"
  local cache="$TOOLS/go-cache"
  (
    cd "$TOOLS"
    GO111MODULE=on GOTOOLCHAIN=local GOFLAGS='-modcacherw -trimpath' GOBIN="$TOOLS/bin" GOOS='' GOARCH='' \
      GOPATH="$cache/path" GOMODCACHE="$cache/mod" GOCACHE="$cache/build" \
      with_retries go install "$2@$3" 2>"$TOOLS/$1.log"
  ) || die "$1 was not built: $(tail -n 5 "$TOOLS/$1.log")"
  rm -rf "$cache"
  echo "$3" >"$TOOLS/$1.version"
}
install_grpcurl() { install_go_tool grpcurl github.com/fullstorydev/grpcurl/cmd/grpcurl "$GRPCURL_VERSION"; }
install_ghz() { install_go_tool ghz github.com/bojand/ghz/cmd/ghz "$GHZ_VERSION"; }

install_buf() {
  say "installing buf $BUF_VERSION with npm $(npm --version 2>/dev/null) into build/tools"
  rm -rf "$TOOLS/npm"
  mkdir -p "$TOOLS/npm" "$TOOLS/bin"
  npm install --prefix "$TOOLS/npm" --cache "$TOOLS/npm-cache" --no-save --no-package-lock --no-audit --no-fund \
    --ignore-scripts "@bufbuild/buf@$BUF_VERSION" >"$TOOLS/buf.log" 2>&1 ||
    die "buf was not installed: $(tail -n 5 "$TOOLS/buf.log")"
  rm -rf "$TOOLS/npm-cache"
  ln -sfn ../npm/node_modules/.bin/buf "$TOOLS/bin/buf"
  "$TOOLS/bin/buf" --version >/dev/null || die "buf was installed but does not run"
  echo "$BUF_VERSION" >"$TOOLS/buf.version"
}

purpose=all print=0
while [[ $# -gt 0 ]]; do
  case $1 in
    --for) purpose=${2:-}; shift ;;
    --print) print=1 ;;
    -h | --help) usage; exit ;;
    *) die "unknown argument '$1' (see --help)" ;;
  esac
  shift
done
[[ -n $purpose && -n ${INCLUDES[$purpose]:-} ]] || die "--for takes run, test, check, bench or all, not '$purpose'"

TOOLS="$PROJECT_ROOT/build/tools"
mapfile -t packages < <(missing_packages "$purpose")
mapfile -t tools < <(missing_tools "$purpose")
if (( print )); then
  (( ${#packages[@]} + ${#tools[@]} == 0 )) || printf '%s\n' "${packages[@]}" "${tools[@]}" | sed '/^$/d'
  exit
fi
mkdir -p "$TOOLS"
(( ${#packages[@]} == 0 )) || install_packages "${packages[@]}"
for tool in "${tools[@]}"; do
  "install_${tool%%-*}"
done
