// What the token of a pool's new connection costs: Amazon's connector for pg, and rdsiam.
//
//     NODE_PATH=... node tests/bench/dsql/pool.js    # with @aws/aurora-dsql-node-postgres-connector and pg
//
// Prints JSON with medians in microseconds. Nothing is dialled: pg's own `connect` is taken out.
//
// - `connector`: what `pool.connect()` of the connector does before pg's. It does so even if a connection is idle.
// - `pool`: the password of a new connection of `rdsiam/pg`.
// - `pool_whole`: a new connection of it, up to what pg dials.
// - `signed`: a new token at each call, which no pool of rdsiam pays.

Object.assign(process.env, {
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'SECRETKEYEXAMPLE',
  AWS_EC2_METADATA_DISABLED: 'true',
});
const pg = require('pg');
const { AuroraDSQLPool } = require('@aws/aurora-dsql-node-postgres-connector');
const { DsqlSigner, TokenCache } = require('../../../bindings-node');
const { config } = require('../../../bindings-node/dist/drivers/pg.js');

const hostname = 'abcdefghijklmnopqrstuvwxyz.dsql.us-east-1.on.aws';

async function median(call, times) {
  await call();
  const took = [];
  for (let n = 0; n < times; n += 1) {
    const began = process.hrtime.bigint();
    await call();
    took.push(Number(process.hrtime.bigint() - began) / 1000);
  }
  return took.sort((a, b) => a - b)[times >> 1];
}

async function main() {
  // The connector signs here, and then calls pg's.
  pg.Pool.prototype.connect = async () => undefined;
  const theirs = new AuroraDSQLPool({ host: hostname, user: 'admin' });
  const connector = await median(() => theirs.connect(), 200);
  // rdsiam's own pg, which is not that of the connector.
  require('../../../bindings-node/node_modules/pg').Client.prototype.connect = (done) => done();
  const cache = new TokenCache({ hostname, port: 5432, username: 'admin' });
  const given = config({ host: hostname, user: 'admin', database: 'postgres', cache });
  const pool = await median(() => given.password(), 2000);
  const whole = await median(() => new given.Client(given).connect(), 400);
  if (cache.stats().signatures !== 1) throw new Error('a connection signed anew');
  const signer = new DsqlSigner({ hostname });
  const signed = await median(() => signer.getDbConnectAdminAuthToken(), 2000);
  const figures = { connector, pool, timesLess: connector / pool, pool_whole: whole, signed };
  const rounded = (_, x) => (typeof x === 'number' ? Number(x.toFixed(2)) : x);
  process.stdout.write(`${JSON.stringify(figures, rounded)}\n`);
  // The bar: a pool's connection has to take at most a fiftieth.
  process.exitCode = figures.timesLess >= 50 ? 0 : 1;
}

main();
