#!/usr/bin/env bash
# Makes the static library that is installed from the one that rustc writes: static.sh FROM TO
#
# rustc's has all of Rust's standard library among its symbols, which clash in a program with a
# second library in Rust, and bitcode that other tools stumble over. Here it is one object whose
# only symbols are those of the header; --gc-sections still drops what a program does not use.
set -euo pipefail
from=$1 to=$2
symbols=$(dirname "$0")/../symbols.txt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${LD:-ld}" -r --force-group-allocation --whole-archive "$from" -o "$work/all.o"
"${OBJCOPY:-objcopy}" --strip-debug --remove-section=.llvmbc --remove-section=.llvmcmd \
    --keep-global-symbols="$symbols" "$work/all.o" "$work/rdsiam.o"
rm "$work/all.o"
"${AR:-ar}" rcs "$work/librdsiam.a" "$work/rdsiam.o"
install -m 644 "$work/librdsiam.a" "$to"
