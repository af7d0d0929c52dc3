#!/bin/sh
# Installs Next.js into build/peers/next, and builds and runs a server with it.
set -eu
cd "$(dirname "$0")"
out=../../../build/peers/next
mkdir -p "$out"
cp package.json package-lock.json "$out/"
npm ci --silent --prefix "$out"
node check.js "$out"
