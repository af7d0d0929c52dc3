#!/usr/bin/env bash
# What is shipped, built with the release profile into build/dist: the C library with its header,
# a wheel, and the Node package.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$PWD/build/dist
rm -rf "$out"
mkdir -p "$out"
DESTDIR=$out/c PREFIX=/usr/local ffi/install/install.sh install
.venv/bin/maturin build --release --locked -m bindings-python/Cargo.toml -o "$out/python" -i python3
# npm packs no links.
cp LICENSE-APACHE LICENSE-MIT bindings-node/
(cd bindings-node && npm run --silent build && npm pack --silent --pack-destination "$out")
for library in target/release/lib_rdsiam.so target/release/librdsiam_node.so; do
    [ "$(stat -c %s "$library")" -lt 5000000 ]
done
find "$out" -type f -printf '%9s %P\n'
