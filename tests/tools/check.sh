#!/usr/bin/env bash
# A developer's answer in under two minutes on a tree that has been built once: format, the quick lints,
# unit tests, and the vectors in every language. No database, no network, no emulator of services.
# `make test` runs all tests.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$PWD/.venv/bin/python
SECONDS=0
step() { # name, command...
    local began=$SECONDS
    "${@:2}"
    echo "$1: $((SECONDS - began)) s"
}
in_folder() { (cd "$1" && "${@:2}"); }

# No credentials, files or metadata service of this machine.
unset AWS_PROFILE AWS_REGION AWS_DEFAULT_REGION
export AWS_EC2_METADATA_DISABLED=true AWS_CONFIG_FILE=/nonexistent AWS_SHARED_CREDENTIALS_FILE=/nonexistent

rust() {
    # One by one, as the other targets of make: together they would be built with other features.
    cargo test -q --locked -p rdsiam --lib --test vectors
    cargo test -q --locked -p rdsiam-ffi --lib
    cargo test -q --locked -p rdsiam-cli
    cargo build -q --locked
}

c() {
    local out=build/check
    mkdir -p "$out"
    python3 tests/c/vectors.py >"$out/vectors.h"
    "${CC:-cc}" -std=c99 -Wall -Wextra -Wpedantic -Werror -Iinclude -I"$out" tests/c/test_vectors.c \
        "${CARGO_TARGET_DIR:-target}/debug/librdsiam.a" -pthread -ldl -lm -o "$out/vectors"
    "$out/vectors"
}

python() {
    bindings-python/build-dev.sh
    in_folder bindings-python "$python" -m pytest -q -p no:cacheprovider tests/test_{arguments,ca,database}.py \
        tests/test_{defaults,errors,observe,properties,secrets,tls_settings,unavailable,unpatch,vectors}.py
}

node() {
    bindings-node/build-dev.sh
    in_folder bindings-node node_runner test/{ca,errors,introduce,modules,peer,secrets,settings,signer,vectors}.test.js
}
node_runner() { command node --test --test-reporter dot --test-timeout 120000 "$@"; }

go() {
    tests/tools/prefix.sh
    export PKG_CONFIG_PATH=$PWD/build/prefix/lib/pkgconfig LD_LIBRARY_PATH=$PWD/build/prefix/lib
    in_folder examples/go/rdsiam command go vet .
    # The one left out waits a minute until stale credentials are asked for again.
    in_folder examples/go/rdsiam command go test -short -timeout 2m -skip TestBackgroundFetch .
}

step lint tests/tools/lint.sh --fast
step Rust rust
step C c
step Python python
step Node node
step Go go
echo "checked in $SECONDS s"
