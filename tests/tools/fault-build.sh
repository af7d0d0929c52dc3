#!/usr/bin/env bash
# Builds every binding with panics on command, into build/fault. It has a target folder of its own, so
# that nobody takes such a build for the normal one.
set -euo pipefail
cd "$(dirname "$0")/../.."
export RUSTFLAGS="--cfg rdsiam_panic_injection" CARGO_TARGET_DIR=$PWD/build/fault-target
packages=(-p rdsiam-ffi -p rdsiam-python -p rdsiam-node)
[ $# -eq 0 ] || packages=("${@/#/--package=}")
mkdir -p build/fault
cargo build -q --locked "${packages[@]}"
for library in librdsiam lib_rdsiam librdsiam_node; do
    built=$CARGO_TARGET_DIR/debug/$library.so
    [ -e "$built" ] || continue
    cp "$built" "build/fault/$library.so.new"
    mv -f "build/fault/$library.so.new" "build/fault/$library.so"
done
ffi/install/static.sh "$CARGO_TARGET_DIR/debug/librdsiam.a" build/fault/librdsiam.a
