#!/bin/sh
# Generates a client of Prisma into build/peers/prisma. Nothing is downloaded but packages: the
# engine for migrations, which the command wants to fetch, is not needed for this.
set -eu
cd "$(dirname "$0")"
out=../../../build/peers/prisma
sum=$(cat package-lock.json schema.prisma generate.sh | sha256sum | cut -c1-16)
[ -e "$out/generated-$sum" ] && exit
rm -rf "$out"
mkdir -p "$out"
cp package.json package-lock.json schema.prisma "$out"
esbuild=$PWD/../../node_modules/.bin/esbuild
cd "$out"
npm ci --ignore-scripts --no-audit --no-fund --silent
PRISMA_SCHEMA_ENGINE_BINARY=/bin/true PRISMA_ENGINES_MIRROR=http://127.0.0.1:9 \
    CHECKPOINT_DISABLE=1 PRISMA_HIDE_UPDATE_MESSAGE=1 \
    node_modules/.bin/prisma generate --schema schema.prisma >log 2>&1 || { cat log; exit 1; }
"$esbuild" generated/client.ts --bundle --platform=node --format=esm --log-level=warning \
    --banner:js='import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' \
    --outfile=client.mjs
rm -rf node_modules generated
touch "generated-$sum"
