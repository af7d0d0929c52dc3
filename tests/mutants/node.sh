#!/usr/bin/env bash
# One file of lib, by Stryker (the last that runs on Node 20), in a copy of the tree: see run.sh.
set -euo pipefail
cd "$(dirname "$0")/../.."
file=$1 name=${1#bindings-node/} root=$PWD
tool=$root/build/mutants/stryker tree=$root/build/mutants/node
[ -x "$tool/node_modules/.bin/stryker" ] ||
    npm install --silent --no-save --prefix "$tool" @stryker-mutator/core@9.0.1
case $name in
lib/tls.ts | lib/drivers/* | lib/login*.ts | lib/mysql2-settings.ts | lib/connection-string.ts | lib/pg-pool.ts)
    tests=(tls settings helpers)
    ;;
lib/ca-bundle.ts | lib/published-roots.ts) tests=(ca) ;;
lib/quote.ts | lib/explain.ts) tests=(differential vectors) ;;
*) tests=(cache signer errors vectors peer) ;;
esac
mkdir -p "$tree"
git ls-files -co --exclude-standard -z bindings-node tests | tar c --null -T - | tar x -C "$tree"
for here in bindings-node/node_modules bindings-node/*.node build/peers; do
    mkdir -p "$tree/$(dirname "$here")"
    ln -sfn "$root/$here" "$tree/$here"
done
cd "$tree/bindings-node"
# Each change is compiled, and the nearest tests run; Stryker changes the file and puts it back.
cat >stryker.conf.json <<JSON
{
  "mutate": ["$name"],
  "testRunner": "command",
  "commandRunner": {
    "command": "node compile.js && node --test --test-timeout 60000 $(printf 'test/%s.test.js ' "${tests[@]}")"
  },
  "checkers": [],
  "coverageAnalysis": "off",
  "concurrency": 1,
  "timeoutMS": 60000,
  "inPlace": true,
  "reporters": ["clear-text", "json"],
  "jsonReporter": { "fileName": "$root/build/mutants/${name//\//-}.json" },
  "allowEmpty": false
}
JSON
exec nice -n 19 "$tool/node_modules/.bin/stryker" run stryker.conf.json
