#!/bin/sh
# Builds the addon in the dev profile and compiles what is around it, for the tests. `npm run build` makes
# the real one.
set -eu
cd "$(dirname "$0")"
(cd .. && cargo build --locked)
target=${CARGO_TARGET_DIR:-../target}
# A new file, not new content: a process that runs may have the old one mapped.
cp "$target/debug/librdsiam_node.so" rdsiam.linux-x64-gnu.node.new
mv rdsiam.linux-x64-gnu.node.new rdsiam.linux-x64-gnu.node
node compile.js
