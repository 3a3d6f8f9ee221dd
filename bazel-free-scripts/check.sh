#!/usr/bin/env bash
# check.sh [--fix] [--no-install] [CHECK…]
#
# Runs every check that needs no test, says what each found, and fails at the end if any did. Installs first what is
# missing (setup.sh --for check), unless --no-install.
#
#   --fix   let clang-format, clang-tidy and the maker of protos/API.md change the files
#   CHECK   only these: format includes text shell python readme protos breaking api tidy

set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/lib/talk.sh"

CHECKS=(format includes text shell python readme protos breaking api tidy)
install=1 fix=() chosen=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --fix) fix=(--fix) ;;
    --no-install) install=0 ;;
    -h | --help) usage; exit ;;
    *) [[ " ${CHECKS[*]} " == *" $1 "* ]] || die "unknown argument '$1' (see --help)"; chosen+=("$1") ;;
  esac
  shift
done

cd "$PROJECT_ROOT"
ensure_installed check "$install"
export PATH="$PROJECT_ROOT/build/tools/bin:$PATH"
export PYTHONPYCACHEPREFIX="$PROJECT_ROOT/build/pycache"
lib=bazel-free-scripts/lib

# The files of the project: tracked, or new and not ignored. A checkout of another user is fine.
mapfile -t files < <(git -c safe.directory='*' ls-files --cached --others --exclude-standard |
  while IFS= read -r file; do [[ ! -f $file ]] || printf '%s\n' "$file"; done)
(( ${#files[@]} )) || die "git lists no files: is this a git checkout?"
select_files() { printf '%s\n' "${files[@]}" | grep -E "$1" || true; }
mapfile -t cpp < <(select_files '^(common|server|client|tests)/.*\.(h|cc)$')
mapfile -t cpp_sources < <(select_files '^(common|server|client|tests)/.*\.cc$')

check_format() {
  if (( ${#fix[@]} )); then
    clang-format-14 -i "${cpp[@]}"
    return
  fi
  local wrong
  wrong=$(for file in "${cpp[@]}"; do clang-format-14 "$file" | cmp -s - "$file" || echo "$file"; done)
  [[ -z $wrong ]] || printf 'not formatted (check.sh --fix format): %s\n' "$(paste -sd' ' <<<"$wrong")"
  [[ -z $wrong ]]
}
check_includes() { python3 "$lib/cpp_includes.py" "${cpp[@]}"; }
check_text() { python3 "$lib/check_text.py" "${files[@]}"; }
check_shell() {
  mapfile -t scripts < <(select_files '^\.ci/run$|\.sh$')
  shellcheck "${scripts[@]}"
}
check_python() {
  mapfile -t scripts < <(select_files '\.py$')
  python3 -W error -m compileall -q -f "${scripts[@]}"
}
check_readme() { python3 "$lib/readme_blocks.py" check; }
check_protos() { buf lint protos; }
check_breaking() {
  # Against the last release; while there is none, against the first commit that had the API.
  local git=(git -c safe.directory='*') baseline folder=build/api-baseline
  baseline=$("${git[@]}" describe --tags --abbrev=0 2>/dev/null) ||
    baseline=$("${git[@]}" log --reverse --format=%H -- protos/order1688/v1/order_service.proto | sed -n 1p)
  rm -rf "$folder"
  mkdir -p "$folder"
  "${git[@]}" archive "$baseline" protos | tar -x -C "$folder" || return 1
  buf breaking protos --against "$folder/protos"
}
check_api() {
  buf build protos -o -#format=json | python3 "$lib/api_reference.py" >build/API.md || return 1
  (( ! ${#fix[@]} )) || cp build/API.md protos/API.md
  cmp -s build/API.md protos/API.md || { echo "protos/API.md is out of date (check.sh --fix api)"; return 1; }
}
check_tidy() {
  # The generated headers and the compilation database come from the build of the tests.
  bazel-free-scripts/build.sh debug --no-install order1688_protos order1688_grpc order1688_grpc_proto >build/tidy-build.log || {
    tail -n 30 build/tidy-build.log
    return 1
  }
  # Fuzz targets and the benchmark are built by their own presets only, the clients in tests/languages by projects of their own.
  mapfile -t sources < <(printf '%s\n' "${cpp_sources[@]}" | grep -vE '^tests/(bench|fuzz|languages)/')
  python3 "$lib/clang_tidy.py" build/debug "${fix[@]}" "${sources[@]}"
}

failed=()
for check in "${chosen[@]:-${CHECKS[@]}}"; do
  start=$SECONDS
  if "check_$check" 1>&2; then result=ok; else result=FAILED; failed+=("$check"); fi
  printf '%-9s %-6s %3d s\n' "$check" "$result" "$(( SECONDS - start ))"
done
(( ${#failed[@]} == 0 )) || die "failed: ${failed[*]}"
