#!/bin/sh
# Runs each driver with the lowest version that package.json allows, in a copy of the package under build/.
# Under the stand-in, after build-dev.sh.
set -eu
cd "$(dirname "$0")"
out=../build/node-lowest
mkdir -p "$out"
rm -rf "$out/dist" "$out/test"
cp -r dist test "$out/"
ln -f rdsiam.linux-x64-gnu.node "$out/"
# Installed beside, because the package itself wants the newest for its tests.
installed=$out/installed
mkdir -p "$installed"
# The lock file, which npm compares with this: `lowest.sh lock` writes it anew.
node -p 'const { peerDependencies } = require("./package.json");
    const lowest = Object.entries(peerDependencies).map(([name, range]) => [name, /^>=(\S+)/.exec(range)[1]]);
    const dependencies = Object.fromEntries([...lowest, ["pg-pool", "3.1.1"]].sort());
    JSON.stringify({ name: "rdsiam-lowest", private: true, dependencies })' >"$installed/package.json"
cp test/lowest/package-lock.json "$installed/"
if [ "${1:-}" = lock ]; then
    npm install --silent --legacy-peer-deps --package-lock-only --prefix "$installed"
    exec cp "$installed/package-lock.json" test/lowest/
fi
npm ci --silent --legacy-peer-deps --prefix "$installed"
ln -sfn installed/node_modules "$out/node_modules"
cp package.json "$out/"
exec node --test "$out/test/lowest/check.js"
