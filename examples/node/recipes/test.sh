#!/usr/bin/env bash
# Installs what the recipes are for into build/recipes, and runs them. Under the stand-in, after build-dev.sh.
set -euo pipefail
cd "$(dirname "$0")"
root=$PWD/../../..
out=$root/build/recipes
mkdir -p "$out"
cp -r ./* "$out/"
npm ci --silent --legacy-peer-deps --ignore-scripts --prefix "$out"
rm -rf "$out/node_modules/rdsiam"
# A copy, which finds the drivers beside itself.
mkdir "$out/node_modules/rdsiam"
cp -r "$root"/bindings-node/{dist,package.json,*.node} "$out/node_modules/rdsiam/"
# The endpoint's name is in no DNS.
cat >"$out/dial.js" <<'JS'
const dns = require('node:dns');
dns.lookup = (host, options, done) => {
  const address = process.env.STANDIN_HOSTADDR;
  if (typeof options === 'function') options(null, address, 4);
  else options.all ? done(null, [{ address, family: 4 }]) : done(null, address, 4);
};
JS
export AWS_ACCESS_KEY_ID=$STANDIN_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY=$STANDIN_SECRET_ACCESS_KEY
export AWS_SESSION_TOKEN=$STANDIN_SESSION_TOKEN AWS_EC2_METADATA_DISABLED=true
export DB_HOST=$STANDIN_HOST DB_PORT=$STANDIN_PORT DB_USER=$STANDIN_USER DB_NAME=$STANDIN_DB
export DB_CA=$STANDIN_CA NODE_OPTIONS="--require $out/dial.js"
# Prisma's command would fetch its engine for migrations, which comes from no registry.
export PRISMA_SCHEMA_ENGINE_BINARY=/bin/true CHECKPOINT_DISABLE=1 PRISMA_HIDE_UPDATE_MESSAGE=1
exec node --test "$out/check.js"
