#!/usr/bin/env bash
# Format and lint of every language, warnings as errors. With --fast without what compiles for it alone;
# with --fix it formats instead.
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=$PWD/.venv/bin
mapfile -t c_files < <(git ls-files --cached --others --exclude-standard '*.c' '*.cpp' '*.h' | grep -v '^include/rdsiam.h$')
mapfile -t python_files < <(git ls-files --cached --others --exclude-standard '*.py' '*.pyi' tests/standin/standin)
mapfile -t shell_files < <(git ls-files --cached --others --exclude-standard '*.sh' .ci/run)

if [ "${1:-}" = --fix ]; then
    cargo fmt
    cargo fmt --manifest-path tests/bench/rust/Cargo.toml
    rustfmt --edition 2024 {core,ffi,wire}/fuzz/fuzz_targets/*.rs
    gofmt -w examples/go tests/consumer/go tests/local/go tests/proxy/go
    "$venv/clang-format" -i "${c_files[@]}"
    "$venv/ruff" format --config bindings-python/pyproject.toml "${python_files[@]}"
    (cd bindings-node && npm run --silent format && npx biome check --write ../tests/bench ../packaging/proofs ../cli/npm ../tests/local)
    exit
fi

for file in "${shell_files[@]}"; do bash -n "$file"; done
python3 docs/tools/check.py
cargo fmt --check
cargo fmt --check --manifest-path tests/bench/rust/Cargo.toml
rustfmt --edition 2024 --check {core,ffi,wire}/fuzz/fuzz_targets/*.rs
# In two steps: a failed command in front of && ends no script.
unformatted=$(gofmt -l examples/go tests/consumer/go tests/local/go tests/proxy/go)
[ -z "$unformatted" ] || { echo "gofmt: $unformatted"; exit 1; }
"$venv/clang-format" --dry-run -Werror "${c_files[@]}"
"$venv/ruff" check --config bindings-python/pyproject.toml "${python_files[@]}"
"$venv/ruff" format --check --config bindings-python/pyproject.toml "${python_files[@]}"
(cd bindings-node && npm run --silent lint && npx biome check ../tests/bench ../packaging/proofs ../cli/npm ../tests/local)
[ "${1:-}" != --fast ] || exit 0

cargo clippy --workspace --all-targets -- -D warnings
# The test builds of the core, which have other locks and other threads.
for build in shuttle tsan; do
    RUSTFLAGS="--cfg rdsiam_$build" CARGO_TARGET_DIR=build/$build-target \
        cargo clippy -p rdsiam --no-default-features --lib --tests -- -D warnings
done
# The benchmarks have a workspace of their own, for their peers.
cargo clippy -q --locked --manifest-path tests/bench/rust/Cargo.toml --target-dir build/bench/rust \
    -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc -q --no-deps -p rdsiam
cargo run -q -p rdsiam-header -- --check
(cd bindings-python && "$venv/mypy" --no-error-summary)
"$venv/mypy" --no-error-summary --config-file bindings-python/pyproject.toml tests/bench/bench.py
(cd packaging && "$venv/mypy" --no-error-summary --strict dist.py proofs.py)
(cd bindings-node && npm run --silent types)
