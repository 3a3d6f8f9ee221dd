#!/usr/bin/env bash
# test.sh [--no-install] [--quick]
#
# Runs every test: installs what is missing (setup.sh), builds with the address and undefined sanitizers, runs the
# sandbox's own tests, the fuzzer for FUZZ_SECONDS (default 60), the tests labelled `tsan` under the thread sanitizer,
# and all tests under address and undefined. Goes on after a failure; the closing lines count everything, like ctest's.
#
#   --no-install   test with what is there; tests that lack a tool are skipped and listed
#   --quick        without the thread sanitizer and the fuzzer

set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/lib/talk.sh"

install=1 quick=0
while [[ $# -gt 0 ]]; do
  case $1 in
    --no-install) install=0 ;;
    --quick) quick=1 ;;
    -h | --help) usage; exit ;;
    *) die "unknown argument '$1' (see --help)" ;;
  esac
  shift
done
fuzz_seconds=${FUZZ_SECONDS:-60}
[[ $fuzz_seconds =~ ^[1-9][0-9]*$ ]] || die "FUZZ_SECONDS is '$fuzz_seconds', not a number of seconds"

cd "$PROJECT_ROOT"
ensure_installed test "$install"
(( install )) || export ORDER1688_LANGUAGES_OPTIONAL=1   # skip the languages whose toolchain is not there
export PATH="$PROJECT_ROOT/build/tools/bin:$PATH"   # grpcurl and buf
export PYTHONDONTWRITEBYTECODE=1
export no_proxy="127.0.0.1,localhost${no_proxy:+,$no_proxy}"   # gRPC and Go would ask a proxy of the environment
export ASAN_OPTIONS="detect_stack_use_after_return=1:strict_string_checks=1${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
export UBSAN_OPTIONS="print_stacktrace=1${UBSAN_OPTIONS:+:$UBSAN_OPTIONS}"
# The sanitizers of this compiler fail at random on kernels that randomise addresses with 32 bits.
fixed_addresses=()
setarch "$(uname -m)" -R true 2>/dev/null && fixed_addresses=(setarch "$(uname -m)" -R)

bazel-free-scripts/build.sh debug --no-install
results=()

say "sandbox: its own tests"
mkdir -p build/debug
python3 -m unittest discover -s tests/sandbox/tests -t tests/sandbox >build/debug/sandbox-tests.log 2>&1 ||
  tail -n 60 build/debug/sandbox-tests.log
results+=("sandbox=build/debug/sandbox-tests.log")

if (( ! quick )); then
  bazel-free-scripts/build.sh fuzz --no-install json_decoder_fuzz
  say "fuzzing the decoder for $fuzz_seconds s"
  mkdir -p build/fuzz/found
  "${fixed_addresses[@]}" build/fuzz/bin/json_decoder_fuzz -max_total_time="$fuzz_seconds" -timeout=10 \
    -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix=build/fuzz/ \
    build/fuzz/found tests/fuzz/corpus/json_decoder >build/fuzz/fuzz.log 2>&1 || {
    echo "fuzzer failed with $?" >>build/fuzz/fuzz.log
    tail -n 60 build/fuzz/fuzz.log
  }
  results+=("fuzz=build/fuzz/fuzz.log")
fi

# run_ctest PRESET CTEST-ARGUMENTS…
run_ctest() {
  local preset=$1
  shift
  rm -f "build/$preset/ctest.xml"
  "${fixed_addresses[@]}" ctest --test-dir "build/$preset" -j "$(nproc)" --output-on-failure --no-tests=error \
    --output-junit ctest.xml "$@" || true   # the results file says what failed
  results+=("$preset=build/$preset/ctest.xml")
}
if (( ! quick )); then
  bazel-free-scripts/build.sh tsan --no-install tsan_tests
  say "tests under the thread sanitizer"
  run_ctest tsan -L '^tsan$'
fi
say "all tests under the address and undefined sanitizers"
run_ctest debug

python3 bazel-free-scripts/lib/test_summary.py "${results[@]}"
