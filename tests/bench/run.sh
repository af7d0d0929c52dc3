#!/usr/bin/env bash
# Benchmarks of what is shipped (release profile) against the peers, as ratios in one run.
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo build --release --locked
rm -rf build/bench
mkdir -p build/bench/python build/bench/node
cp -r bindings-python/python/rdsiam build/bench/python/
cp target/release/lib_rdsiam.so build/bench/python/rdsiam/_rdsiam.abi3.so
# As pip leaves it: compiled.
.venv/bin/python -m compileall -q build/bench/python
cp -r bindings-node/index.js bindings-node/lib bindings-node/package.json build/bench/node/
cp target/release/librdsiam_node.so build/bench/node/rdsiam.linux-x64-gnu.node

echo "sizes of the three libraries, stripped, in bytes"
stat -c '%10s %n' target/release/librdsiam.so target/release/lib_rdsiam.so \
    target/release/librdsiam_node.so
echo
.venv/bin/python tests/bench/cold_start.py "$@"
echo
cargo bench -q -p rdsiam
