#!/usr/bin/env bash
# Builds the C tests as C99 and as C++11, with warnings as errors, against the shared and the
# static library, runs them, and again under the sanitizers for addresses, leaks and undefined
# behaviour; hostile.sh does the rest.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=build/c
mkdir -p "$out/lib" "$out/fault"
target=${CARGO_TARGET_DIR:-target}
CC=${CC:-cc} CXX=${CXX:-c++}
warnings=(-Wall -Wextra -Wpedantic -Werror)

cargo build -q --locked -p rdsiam-ffi
tests/tools/fault-build.sh rdsiam-ffi
cp build/fault/librdsiam.so "$out/fault/librdsiam.so.1"
cp "$target/debug/librdsiam.so" "$out/lib/librdsiam.so.1"
cp "$target/debug/librdsiam.a" "$out/lib/librdsiam-static.a"
ln -sf librdsiam.so.1 "$out/lib/librdsiam.so"
ln -sf librdsiam.so.1 "$out/fault/librdsiam.so"
python3 tests/c/vectors.py >"$out/vectors.h"

# The library exports what the list says and nothing else, and programs find it by its ABI.
nm -D --defined-only "$out/lib/librdsiam.so.1" | awk '{print $3}' | sort >"$out/symbols.txt"
diff ffi/symbols.txt "$out/symbols.txt"
[[ $(readelf -d "$out/lib/librdsiam.so.1") == *"soname: [librdsiam.so.1]"* ]]

# The header says all, and what it says of numbers, sizes and types is what programs rely on.
python3 tests/c/header.py docs
diff ffi/symbols.txt <(python3 tests/c/header.py symbols)
diff ffi/abi.txt <(python3 tests/c/header.py abi) || {
    echo "a line of ffi/abi.txt that vanished or changed breaks programs: see ABI.md"
    exit 1
}
python3 tests/c/header.py examples "$out/examples.c"

build() { # name, source, language, library folder, further options
    local name=$1 source=$2 language=$3 folder=$4
    shift 4
    local compiler=("$CC" -std=c99)
    [ "$language" = c++ ] && compiler=("$CXX" -x c++ -std=c++11)
    "${compiler[@]}" "${warnings[@]}" -g -Iinclude -I"$out" "$@" "$source" -o "$out/$name" \
        -pthread -L"$folder" -lrdsiam -Wl,-rpath,"$PWD/$folder"
}

sanitize=(-fsanitize=address,undefined -fno-sanitize-recover=all)
# A sanitizer that is not linked finds nothing.
is_sanitized() {
    local symbols
    symbols=$(nm "$1")
    [[ $symbols == *__asan_init* && $symbols == *__ubsan_handle* ]]
}

run() {
    # No credentials, files or metadata service of this machine. One that hangs is ended.
    timeout -k 10 1800 env -u AWS_PROFILE -u AWS_REGION -u AWS_DEFAULT_REGION AWS_EC2_METADATA_DISABLED=true \
        AWS_CONFIG_FILE=/nonexistent AWS_SHARED_CREDENTIALS_FILE=/nonexistent "$@"
}

for test in api vectors request; do
    build "$test-c99" "tests/c/test_$test.c" c "$out/lib"
    run "$out/$test-c99"
    build "$test-asan" "tests/c/test_$test.c" c "$out/lib" "${sanitize[@]}"
    is_sanitized "$out/$test-asan"
    run env ASAN_OPTIONS=detect_leaks=1 "$out/$test-asan"
done
# More in `make stress`.
forks=${RDSIAM_FORKS:-300}
# Forks and stops, with credentials that have to be fetched from the emulator or a process.
asan=(env ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1)
for test in fork freeze; do
    build "$test-c99" "tests/c/test_$test.c" c "$out/lib"
done
# Not the forks: a child may find the allocator of AddressSanitizer locked for ever.
build freeze-asan tests/c/test_freeze.c c "$out/lib" "${sanitize[@]}"
is_sanitized "$out/freeze-asan"
coproc EMULATOR { EMULATOR_SLOW_SECONDS=0.7 exec python3 tests/emulator/emulator.py; }
read -r url <&"${EMULATOR[0]}"
control='import emulator, sys; emulator.control(sys.argv[1], source="imds-token", mode="slow")'
PYTHONPATH=tests/emulator python3 -c "$control" "$url"
container=(AWS_CONTAINER_CREDENTIALS_FULL_URI="$url/container"
    AWS_CONTAINER_AUTHORIZATION_TOKEN=EMULATOR-CONTAINER-TOKEN)
cat >"$out/config" <<'CONFIG'
[profile process]
credential_process = sh -c 'echo "{\"Version\": 1, \"AccessKeyId\": \"A\", \"SecretAccessKey\": \"s\"}"'
CONFIG
process=(AWS_CONFIG_FILE="$PWD/$out/config" AWS_PROFILE=process)
run "$out/freeze-c99" "$url" &
freeze=$!
run "${asan[@]}" "$out/freeze-asan" "$url" &
freeze_asan=$!
run env "${container[@]}" "$out/fork-c99" "$forks" $((forks / 10))
run env "${process[@]}" "$out/fork-c99" 0 $((forks / 10))
# -rdynamic: its clock is the library's as well.
build stale-c99 tests/c/test_stale.c c "$out/lib" -rdynamic
run "$out/stale-c99"
run "$out/stale-c99" 64
wait "$freeze"
wait "$freeze_asan"

# A result that must be looked at and is not, is a warning.
for compiler in "$CC -std=c99 -x c" "$CC -std=c2x -x c" "$CXX -std=c++11 -x c++" "$CXX -std=c++17 -x c++"; do
    # shellcheck disable=SC2086 # several words on purpose
    if echo '#include "rdsiam.h"
int main(void) { rdsiam_client_new(NULL, NULL, NULL); return 0; }' |
        $compiler "${warnings[@]}" -Iinclude -c - -o /dev/null 2>"$out/nodiscard.log"; then
        echo "$compiler says nothing of a result that is ignored"
        exit 1
    fi
    grep -q -e unused-result "$out/nodiscard.log"
done

build vectors-c++11 tests/c/test_vectors.c c++ "$out/lib"
run "$out/vectors-c++11"
build header-c++11 tests/c/test_header.cpp c++ "$out/lib"
run "$out/header-c++11"

for language in c c++; do
    build "examples-$language" "$out/examples.c" "$language" "$out/lib" -Itests/c
    run env AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=SECRET "$out/examples-$language"
done

"$CC" -std=c99 "${warnings[@]}" -Iinclude -I"$out" tests/c/test_vectors.c -o "$out/vectors-static" \
    "$out/lib/librdsiam-static.a" -pthread -ldl -lm
run "$out/vectors-static"

build panic-c99 tests/c/test_panic.c c "$out/fault"
# The static library as it is installed catches as well, although its symbols are hidden.
"$CC" -std=c99 "${warnings[@]}" -Iinclude tests/c/test_panic.c -o "$out/panic-static" \
    build/fault/librdsiam.a -pthread -ldl -lm
for program in panic-c99 panic-static; do
    # Each injected panic prints its message; it is read only if the test fails.
    if ! run "$out/$program" $(cat ffi/symbols.txt) 2>"$out/panic.log"; then
        cat "$out/panic.log"
        exit 1
    fi
done

. tests/c/hostile.sh
