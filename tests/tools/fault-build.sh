#!/usr/bin/env bash
# Builds every binding with panics on command, into build/fault. It has a target folder of its own, so
# that nobody takes such a build for the normal one.
set -euo pipefail
cd "$(dirname "$0")/../.."
normal=${CARGO_TARGET_DIR:-target}/debug
# Not RUSTFLAGS, with which all that it depends on is built once more.
export RUSTC_WORKSPACE_WRAPPER=$PWD/tests/tools/panic-injection.sh
export CARGO_TARGET_DIR=$PWD/build/fault-target
if [ -d "$normal" ] && [ ! -d "$CARGO_TARGET_DIR" ]; then
    mkdir -p "$CARGO_TARGET_DIR"
    # Hard links: cargo finds what it needs, and replaces files rather than writing into them.
    cp -al "$normal" "$CARGO_TARGET_DIR/debug"
fi
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
