#!/usr/bin/env bash
# Builds the driver of the C API, plain and under AddressSanitizer, into build/c/driver.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=build/c/driver
mkdir -p "$out"
cargo build -q --locked -p rdsiam-ffi
# A copy: other builds replace what lies in the target folder.
cp "${CARGO_TARGET_DIR:-target}/debug/librdsiam.so" "$out/librdsiam.so.1.new"
mv -f "$out/librdsiam.so.1.new" "$out/librdsiam.so.1"
ln -sf librdsiam.so.1 "$out/librdsiam.so"
build() {
    local name=$1
    shift
    "${CC:-cc}" -std=c99 -Wall -Wextra -Wpedantic -Werror -g -Iinclude "$@" tests/c/driver.c \
        -o "$out/$name" -pthread -L"$out" -lrdsiam -Wl,-rpath,"$PWD/$out"
}
build plain
build asan -fsanitize=address
