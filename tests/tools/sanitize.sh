#!/usr/bin/env bash
# Runs the core's threads under ThreadSanitizer for so many seconds. The stable compiler has it,
# behind the variable that opens what is not yet promised; std itself is not instrumented, which
# `--cfg rdsiam_tsan` (other locks) and tsan-suppressions.txt take into account.
set -euo pipefail
cd "$(dirname "$0")/../.."
host=$(rustc -vV | sed -n 's/^host: //p')
export RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$PWD/build/tsan
export RUSTFLAGS="-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer --cfg rdsiam_tsan"
export TSAN_OPTIONS="suppressions=$PWD/tests/tools/tsan-suppressions.txt print_suppressions=1"
run=(cargo test --locked --target "$host" -p rdsiam --no-default-features)
binary=$("${run[@]}" --test threads --no-run 2>&1 | sed -n 's/.*(\(.*\))$/\1/p' | tail -1)
# A sanitizer that is not linked finds nothing.
nm "$binary" | grep -c __tsan_init >/dev/null
RDSIAM_SECONDS=${1:-10} "${run[@]}" --test threads -- --nocapture
