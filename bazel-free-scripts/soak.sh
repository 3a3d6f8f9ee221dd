#!/usr/bin/env bash
# soak.sh [--no-install] [--minutes N]
#
# The proofs of the ledger, longer than in test.sh: no order twice, none lost. Builds with the address and undefined
# sanitizers and runs, until the time is over, one after the other and again: kill -9 at every labelled point, owners
# that are frozen past their lease, one request_id from everywhere at once, the table of the gateway's faults, wrong
# clocks, failing disks, and random simulations. Progress on stderr; one line per proof on stdout. Exit code 1 if one failed.
#
#   --no-install   build with what is there
#   --minutes N    start nothing after N minutes of running (default 20); what runs then may take some more,
#                  at most N / 2 minutes, and counts as cut short, not as failed

set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/lib/talk.sh"

install=1 minutes=20
while [[ $# -gt 0 ]]; do
  case $1 in
    --no-install) install=0 ;;
    --minutes)
      [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || die "--minutes needs a number"
      minutes=$2
      shift
      ;;
    -h | --help) usage; exit ;;
    *) die "unknown argument '$1' (see --help)" ;;
  esac
  shift
done

cd "$PROJECT_ROOT"
ensure_installed test "$install"
export PYTHONDONTWRITEBYTECODE=1
export no_proxy="127.0.0.1,localhost${no_proxy:+,$no_proxy}"   # gRPC would ask a proxy of the environment
export ASAN_OPTIONS="detect_stack_use_after_return=1:strict_string_checks=1${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
export UBSAN_OPTIONS="print_stacktrace=1${UBSAN_OPTIONS:+:$UBSAN_OPTIONS}"
# The sanitizers of this compiler fail at random on kernels that randomise addresses with 32 bits.
fixed_addresses=()
setarch "$(uname -m)" -R true 2>/dev/null && fixed_addresses=(setarch "$(uname -m)" -R)

# Proof, program, and how much of it: one a line.
proofs=(
  "crash crash_test ORDER1688_CRASH_ROUNDS=5"
  "freeze frozen_owner_soak"
  "same-key same_key_test ORDER1688_SAME_KEYS=1000"
  "gateway-faults gateway_fault_test"
  "clock clock_test ORDER1688_CLOCK_KEYS=400"
  "disk disk_test"
  "database-loss database_loss_test"
  "simulation placement_simulation_test ORDER1688_SIMULATION_SEEDS=20000"
)
programs=()
for proof in "${proofs[@]}"; do
  read -ra words <<<"$proof"
  programs+=("${words[1]}")
done
bazel-free-scripts/build.sh debug --no-install "${programs[@]}" >&2
logs=build/debug/soak
rm -rf "$logs"
mkdir -p "$logs"

declare -A runs failed cut seconds

# run_proof NAME PROGRAM [VARIABLE=VALUE…]: one run, with a log of its own.
run_proof() {
  local name=$1 program=$2 log begun=$SECONDS code=0
  shift 2
  runs[$name]=$(( ${runs[$name]:-0} + 1 ))
  log="$logs/$name-${runs[$name]}.log"
  say "$name, run ${runs[$name]} ($(( (end - SECONDS + 59) / 60 )) minutes left)"
  env "$@" timeout --kill-after=10 "$(( end - SECONDS + minutes * 30 ))" "${fixed_addresses[@]}" \
    "build/debug/tests/$program" >"$log" 2>&1 || code=$?
  seconds[$name]=$(( ${seconds[$name]:-0} + SECONDS - begun ))
  if (( code == 124 || code == 137 )); then
    cut[$name]=$(( ${cut[$name]:-0} + 1 ))
  elif (( code )); then
    failed[$name]=$(( ${failed[$name]:-0} + 1 ))
    say "$name failed; the last lines of $log:"
    tail -n 40 "$log" >&2
  fi
}

end=$(( SECONDS + minutes * 60 ))
while (( SECONDS < end )); do
  for proof in "${proofs[@]}"; do
    (( SECONDS < end )) || break
    read -ra words <<<"$proof"
    run_proof "${words[@]}"
  done
done

code=0
for proof in "${proofs[@]}"; do
  name=${proof%% *}
  figures=$(sed -n 's/^\([a-z ]* on [A-Z][A-Za-z]*: .*\)/\1/p; s/^\([0-9]* seeds: .*\)/\1/p' "$logs/$name-"*.log 2>/dev/null |
    sort | uniq -c | sed 's/^ *\([0-9]*\) /\1 × /' | paste -sd';' || true)
  printf '%s: %s runs, %s failed, %s cut short, %s s%s\n' "$name" "${runs[$name]:-0}" "${failed[$name]:-0}" \
    "${cut[$name]:-0}" "${seconds[$name]:-0}" "${figures:+; $figures}"
  (( ! ${failed[$name]:-0} )) || code=1
done
exit "$code"
