#!/bin/sh
# Builds the addon in the dev profile, for the tests. `npm run build` makes the real one.
set -eu
cd "$(dirname "$0")"
if [ -n "${ARTIFACTS:-}" ]; then
    # What ships.
    built=$(../tests/tools/artefact.sh node)
else
    built=${CARGO_TARGET_DIR:-../target}/debug/librdsiam_node.so
    (cd .. && cargo build --locked)
fi
# A new file, not new content: a process that runs may have the old one mapped.
cp "$built" rdsiam.linux-x64-gnu.node.new
mv rdsiam.linux-x64-gnu.node.new rdsiam.linux-x64-gnu.node
