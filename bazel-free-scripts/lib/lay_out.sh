#!/usr/bin/env bash
# lay_out.sh LLVM_BOLT PROFILE PROGRAM
#
# Orders the machine code of a linked program by a profile of its branches. What was linked stays beside it as PROGRAM.linked,
# what llvm-bolt said as PROGRAM.layout.log. If that fails, PROGRAM stays as it was linked, which is slower and right: the
# build goes on. CMakeLists.txt (order1688_lay_out) calls it after each link.

set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/talk.sh"

llvm_bolt=$1 profile=$2 program=$3
linked=$program.linked log=$program.layout.log laid_out=$program.new
rm -f "$linked"

# Blocks that no order runs through leave their function (--split-…), the others follow each other as they are run.
if "$llvm_bolt" "$program" -o "$laid_out" --data="$profile" \
    --reorder-blocks=ext-tsp --split-functions --split-all-cold --split-eh >"$log" 2>&1 &&
  "$laid_out" --help >>"$log" 2>&1; then
  mv "$program" "$linked"
  # A copy: of a file that was written in one piece, as llvm-bolt does, Linux maps 6 MB more than is used.
  cp "$laid_out" "$program"
  chmod --reference="$linked" "$program"
  rm "$laid_out"
  exit
fi
rm -f "$laid_out"
say "$(basename -- "$program") is not laid out: $llvm_bolt failed (it needs 2 GB of memory; $log). It works as it is, with 10 to 20 % more CPU for each order."
