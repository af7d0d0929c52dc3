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
cp test/lowest/package.json test/lowest/package-lock.json "$installed/"
npm ci --silent --legacy-peer-deps --prefix "$installed"
ln -sfn installed/node_modules "$out/node_modules"
cp package.json "$out/"
exec node --test "$out/test/lowest/check.js"
