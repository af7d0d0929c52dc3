#!/bin/sh
# Builds the addon in the dev profile and compiles what is around it, for the tests. `npm run build` makes
# the real one. `build-dev.sh addon DIR` puts the addon alone into DIR.
set -eu
cd "$(dirname "$0")/.."
# By the names of Node: rdsiam.linux-x64-gnu.node, rdsiam.darwin-arm64.node.
addon=$(node -p 'const { platform, arch, report } = process;
    const libc = report.getReport().header.glibcVersionRuntime ? "-gnu" : "-musl";
    `rdsiam.${platform}-${arch}${platform === "linux" ? libc : ""}.node`')
case "$(uname -s)" in
Darwin) name=librdsiam_node.dylib ;;
*) name=librdsiam_node.so ;;
esac
if [ -n "${ARTIFACTS:-}" ]; then
    # What ships.
    built=$(tests/tools/artefact.sh node)
else
    built=${CARGO_TARGET_DIR:-target}/debug/$name
    cargo build --locked
fi
# A new file, not new content: a process that runs may have the old one mapped.
to=${2:-bindings-node}/$addon
cp "$built" "$to.new"
mv "$to.new" "$to"
[ "${1:-}" = addon ] || node bindings-node/compile.js
