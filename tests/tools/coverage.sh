#!/usr/bin/env bash
# Which lines the tests run, by folder: coverage.sh [python] [node] [rust] [go]; without a name all four.
# Rust is built anew for it, which takes minutes. No figure is a goal by itself.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD out=$PWD/build/coverage
mkdir -p "$out"
[ $# -gt 0 ] || set -- python node rust go
export AWS_EC2_METADATA_DISABLED=true

python() { # The tests without a database, or in `tests/standin/standin run --` all.
    [ -x "$out/venv/bin/coverage" ] || {
        python3 -m venv "$out/venv"
        "$out/venv/bin/pip" install -q coverage==7.17.5
    }
    (
        cd bindings-python
        packages=$(echo "$out"/venv/lib/python3*/site-packages)
        export COVERAGE_FILE=$out/python.data
        PYTHONPATH=$packages "$root/.venv/bin/python" -m coverage run --source python/rdsiam \
            -m pytest -q -p no:cacheprovider ${RDSIAM_PYTEST:-}
        PYTHONPATH=$packages "$root/.venv/bin/python" -m coverage report | tee "$out/python.txt"
    )
}

node() {
    [ -x "$out/c8/node_modules/.bin/c8" ] || npm install --silent --no-save --prefix "$out/c8" c8@12.0.0
    (
        cd bindings-node
        # The sources are those of dist, which compile.js makes from lib.
        "$out/c8/node_modules/.bin/c8" --include 'dist/**' --reporter text --temp-directory "$out/node" \
            node --test --test-timeout 600000 ${RDSIAM_NODE_TESTS:-test/*.test.js} | tee "$out/node.txt"
    )
}

rust() {
    [ -x "$out/rust/bin/cargo-llvm-cov" ] ||
        cargo install -q --locked --root "$out/rust" cargo-llvm-cov@0.9.1
    rustup component add llvm-tools
    PATH=$out/rust/bin:$PATH CARGO_TARGET_DIR=$root/build/coverage-target \
        cargo llvm-cov --no-default-features -p rdsiam --lib --test vectors --test crowd --test wiped |
        tee "$out/rust.txt"
}

go() {
    tests/tools/prefix.sh
    export PKG_CONFIG_PATH=$root/build/prefix/lib/pkgconfig LD_LIBRARY_PATH=$root/build/prefix/lib
    (cd examples/go/rdsiam && command go test -short -timeout 5m -cover ./... | tee "$out/go.txt")
}

for part; do "$part"; done
