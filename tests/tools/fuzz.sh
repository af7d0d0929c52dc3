#!/usr/bin/env bash
# Fuzzes everything that reads outside input, under AddressSanitizer and LeakSanitizer, for so many
# seconds each: core/fuzz, wire/fuzz and ffi/fuzz. What it finds is in build/fuzz/<target>, and an input that
# breaks something is printed and kept in build/fuzz/found.
# libFuzzer comes with the crate libfuzzer-sys; the stable compiler has the rest, behind the
# variable that opens what is not yet promised.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
[ $# -gt 1 ] && targets=("${@:2}") || targets=(sign explain calls postgres mysql)
host=$(rustc -vV | sed -n 's/^host: //p')
export RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$PWD/build/fuzz/target
export RUSTFLAGS="--cfg fuzzing -Zsanitizer=address -Ccodegen-units=1 -Cpasses=sancov-module \
-Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
-Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"

mkdir -p build/fuzz/found
for target in "${targets[@]}"; do
    crate=core corpus=core/tests/corpus/$target
    case $target in
    calls) crate=ffi corpus=ffi/fuzz/corpus/$target ;;
    postgres | mysql) crate=wire corpus=wire/tests/corpus/$target ;;
    esac
    cargo build --release --locked --target "$host" --manifest-path "$crate/fuzz/Cargo.toml" --bins
    binary=$CARGO_TARGET_DIR/$host/release/$target
    # A sanitizer that is not linked finds nothing.
    nm "$binary" | grep -c __asan_init >/dev/null
    mkdir -p "build/fuzz/$target"
    # No credentials, region or profile of this machine.
    env -i PATH="$PATH" ASAN_OPTIONS=detect_leaks=1 "$binary" "build/fuzz/$target" \
        "$corpus" -max_total_time="$seconds" -max_len=4096 -timeout=10 \
        -print_final_stats=1 -artifact_prefix=build/fuzz/found/ 2>&1 |
        tee "build/fuzz/$target.log" | grep -v -E '^#[0-9]+\s+(NEW|REDUCE)|^rdsiam: warning'
    grep -q '^stat::number_of_executed_units: [1-9]' "build/fuzz/$target.log"
done
