#!/usr/bin/env bash
# One file of Rust, by cargo-mutants: see run.sh. The tests of the core are those without the default
# chain, which is tested against servers; those of the bindings are pytest and node --test.
set -euo pipefail
cd "$(dirname "$0")/../.."
file=$1 tool=$PWD/build/mutants/rust
[ -x "$tool/bin/cargo-mutants" ] || cargo install -q --locked --root "$tool" cargo-mutants@27.1.0
# Kept between runs: the dependencies do not change.
export CARGO_TARGET_DIR=$PWD/build/mutants-target PATH=$tool/bin:$PATH
# RDSIAM_SAMPLE=N runs about that many: the first of so many shards.
options=(--jobs 1 --no-shuffle --profile mutants --timeout "${RDSIAM_SECONDS:-60}" --output "build/mutants/${file//\//-}")
if [ -n "${RDSIAM_SAMPLE:-}" ]; then
    all=$(cargo mutants --list --file "$file" | wc -l)
    shards=$(((all + RDSIAM_SAMPLE - 1) / RDSIAM_SAMPLE))
    options+=(--shard "0/$((shards > 0 ? shards : 1))" --sharding round-robin)
fi
case $file in
core/*)
    options+=(--package rdsiam --no-default-features)
    tests=(--lib --test=vectors --test=wiped --test=crowd)
    ;;
ffi/*) options+=(--package rdsiam-ffi) tests=(--lib) ;;
cli/*) options+=(--package rdsiam-cli) tests=(--bins) ;;
*) echo "$file: no test in Rust reaches it; its tests are those of the binding" && exit ;;
esac
exec nice -n 19 cargo mutants "${options[@]}" --file "$file" "${tests[@]/#/--cargo-arg=}"
