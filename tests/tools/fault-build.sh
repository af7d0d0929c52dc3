#!/usr/bin/env bash
# Builds every face with the feature that panics on command, into build/fault. The normal build in
# the target folder is made again afterwards, so that nobody takes the one for the other.
set -euo pipefail
cd "$(dirname "$0")/../.."
features=rdsiam-ffi/fault-injection,rdsiam-python/fault-injection,rdsiam-node/fault-injection
target=${CARGO_TARGET_DIR:-target}
mkdir -p build/fault
cargo build -q --locked --features "$features"
for library in librdsiam lib_rdsiam librdsiam_node; do
    cp "$target/debug/$library.so" "build/fault/$library.so.new"
    mv -f "build/fault/$library.so.new" "build/fault/$library.so"
done
ffi/install/static.sh "$target/debug/librdsiam.a" build/fault/librdsiam.a
cargo build -q --locked
