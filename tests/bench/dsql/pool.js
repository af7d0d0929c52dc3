// What the token of a pool's connection costs: Amazon's connector for pg, and rdsiam.
//
//     NODE_PATH=... node tests/bench/dsql/pool.js    # with @aws/aurora-dsql-node-postgres-connector and pg
//
// Prints JSON: the median in microseconds of each, and how many times less ours is. Nothing is dialled.

Object.assign(process.env, {
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'SECRETKEYEXAMPLE',
  AWS_EC2_METADATA_DISABLED: 'true',
});
const pg = require('pg');
const { AuroraDSQLPool } = require('@aws/aurora-dsql-node-postgres-connector');
const { DsqlSigner, TokenCache } = require('../../../bindings-node');

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
  const pool = new AuroraDSQLPool({ host: hostname, user: 'admin' });
  const connector = await median(() => pool.connect(), 200);
  const cache = new TokenCache({ hostname, port: 5432, username: 'admin' });
  const cached = await median(() => cache.getToken(), 2000);
  const signer = new DsqlSigner({ hostname });
  const signed = await median(() => signer.getDbConnectAdminAuthToken(), 2000);
  const figures = { connector, signed, cached, timesLess: connector / cached };
  const rounded = (_, x) => (typeof x === 'number' ? Number(x.toFixed(2)) : x);
  process.stdout.write(`${JSON.stringify(figures, rounded)}\n`);
  // The bar: a pool's connection has to take at most a fiftieth.
  process.exitCode = figures.timesLess >= 50 ? 0 : 1;
}

main();
