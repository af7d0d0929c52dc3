'use strict';

// DsqlSigner beside that of @aws-sdk/dsql-signer, and logins of each driver of PostgreSQL to Aurora DSQL.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { KEYS, signedAt } = require('./support.js');
const { STANDIN } = require('./emulated.js');
const { DRIVERS } = require('./drivers.js');
const { DsqlSigner, RdsIamError, TokenCache, explain } = require('..');
const Peer = require('@aws-sdk/dsql-signer').DsqlSigner;

const CASES = 5000;
const SEED = Number(process.env.RDSIAM_SEED ?? Date.now() % 2 ** 31);
const HOST = 'abc.dsql.us-east-1.on.aws';
const METHODS = ['getDbConnectAuthToken', 'getDbConnectAdminAuthToken'];
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=';
const REGIONS = ['us-east-1', 'eu-central-1', 'us-gov-west-1'];

// mulberry32: small, and the same everywhere.
let state = SEED;
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let x = Math.imul(state ^ (state >>> 15), 1 | state);
  x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
  return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
}
const below = (bound) => Math.floor(random() * bound);
const pick = (list) => list[below(list.length)];
const many = (count, letters) => Array.from({ length: count }, () => pick(letters)).join('');

function input() {
  const region = pick(REGIONS);
  const name = many(1 + below(26), 'abcdefghijklmnopqrstuvwxyz0123456789');
  const sessionToken = pick([undefined, many(1 + below(20), BASE64), many(1000, BASE64)]);
  return {
    hostname: pick([`${name}.dsql.${region}.on.aws`, `${name}.dsql-x1.${region}.on.aws`, name]),
    region,
    expiresIn: pick([undefined, 900, 604800, 1 + below(604800)]),
    credentials: {
      accessKeyId: many(20, BASE64.slice(0, 62)),
      secretAccessKey: many(40, BASE64),
      ...(sessionToken === undefined ? {} : { sessionToken }),
    },
  };
}

// The peer's token as of this second.
async function peerToken(options, method, second) {
  const RealDate = Date;
  globalThis.Date = class extends RealDate {
    constructor(...args) {
      super(...(args.length === 0 ? [second * 1000] : args));
    }
  };
  try {
    return await new Peer(options)[method]();
  } finally {
    globalThis.Date = RealDate;
  }
}

test(`${CASES} random inputs give the bytes of @aws-sdk/dsql-signer`, async (t) => {
  t.diagnostic(`RDSIAM_SEED=${SEED} makes the same inputs again`);
  for (let round = 0; round < CASES; round += 1) {
    const options = input();
    const which = below(2);
    const signer = new DsqlSigner(options);
    const ours = await signer[METHODS[which]]();
    const theirs = await peerToken(options, METHODS[which], signedAt(ours));
    assert.equal(ours, theirs, `seed ${SEED}, round ${round}: ${JSON.stringify(options)}`);
    const kind = ['dsql', 'dsql-admin'][which];
    const { hostname, expiresIn: expires, ...rest } = options;
    const cached = new TokenCache({ hostname, expires, kind, ...rest }).getTokenSync();
    assert.equal(cached, await peerToken(options, METHODS[which], signedAt(cached)));
  }
});

test('its subpath has the same class', () => {
  assert.equal(require('rdsiam/dsql-signer').DsqlSigner, DsqlSigner);
});

async function outcome(Kind, options) {
  let signer;
  try {
    signer = new Kind(options);
  } catch (error) {
    return { at: 'constructor', name: error.name };
  }
  try {
    return { at: 'token', token: (await signer.getDbConnectAuthToken()).split('X-Amz-Date')[0] };
  } catch (error) {
    return { at: 'rejection', name: error.name, message: error.message, error };
  }
}

test('it fails where the SDK fails, under the same names', async () => {
  const full = { hostname: HOST, region: 'us-east-1', credentials: KEYS };
  const boom = Object.assign(new Error('hush'), { name: 'BoomError' });
  const failing = async () => {
    throw boom;
  };
  for (const [options, name] of [
    [full, undefined],
    [{ ...full, region: async () => 'us-east-1' }, undefined],
    [{ ...full, credentials: async () => KEYS }, undefined],
    [{ ...full, sha256: require('@smithy/core/checksum').Sha256 }, undefined],
    [{ hostname: HOST, region: 'us-east-1' }, 'CredentialsProviderError'],
    [{ ...full, credentials: failing }, 'BoomError'],
  ]) {
    const [ours, theirs] = await Promise.all([
      outcome(DsqlSigner, options),
      outcome(Peer, options),
    ]);
    assert.equal(ours.at, theirs.at);
    assert.equal(ours.token, theirs.token);
    assert.equal(ours.name, name);
    assert.equal(theirs.name, name);
    if (ours.error !== undefined) assert.ok(ours.error instanceof RdsIamError);
  }
  const nowhere = { hostname: 'localhost', credentials: KEYS };
  const [ours, theirs] = await Promise.all([outcome(DsqlSigner, nowhere), outcome(Peer, nowhere)]);
  assert.match(ours.message, /^Region is missing/);
  assert.match(theirs.message, /^Region is missing/);
});

test('what the SDK signs though no server takes it is refused', async () => {
  for (const [options, field] of [
    [{ hostname: undefined }, 'hostname'],
    [{ hostname: `https://${HOST}` }, 'host'],
    [{ hostname: `${HOST}:5432` }, 'host'],
    [{ expiresIn: 0 }, 'expires'],
    [{ expiresIn: 604801 }, 'expires'],
    [{ expiresIn: 1.5 }, 'expires'],
  ]) {
    const given = { hostname: HOST, credentials: KEYS, ...options };
    const { at, error } = await outcome(DsqlSigner, given);
    assert.equal(at, 'rejection');
    assert.equal(error.code, 'ERR_RDSIAM_INVALID_ARGUMENT');
    assert.ok(error.message.startsWith(field), error.message);
  }
});

test('a cache tells DSQL by the name of the host, and admin by that of the user', () => {
  const place = { hostname: HOST, port: 5432, credentials: KEYS };
  for (const [username, kind] of [
    ['admin', 'dsql-admin'],
    ['app', 'dsql'],
  ]) {
    const cache = new TokenCache({ ...place, username, expires: 604800 });
    assert.equal(cache.kind, kind);
    assert.equal(explain(cache.getTokenSync()).kind, kind);
  }
  const rds = { ...place, username: 'app', hostname: 'db.abc.us-east-1.rds.amazonaws.com' };
  assert.equal(new TokenCache(rds).kind, 'rds');
  const long = { ...rds, expires: 901 };
  assert.throws(() => new TokenCache(long), { code: 'ERR_RDSIAM_INVALID_ARGUMENT' });
  const odd = { ...rds, kind: 'redis' };
  assert.throws(() => new TokenCache(odd), { message: /^kind is unknown/ });
  assert.throws(() => new TokenCache({ ...rds, port: undefined }), { message: /^port/ });
});

const skip = STANDIN ? false : 'no stand-in is running';
const standin = (name) => process.env[`STANDIN_${name}`];

for (const driver of DRIVERS.filter(({ server }) => server === 'postgres')) {
  for (const user of ['USER', 'admin']) {
    test(`${driver.name} logs in to DSQL as ${user}`, { skip }, async () => {
      const name = user === 'USER' ? standin('USER') : user;
      const opened = await driver.open({
        host: standin('HOSTADDR'),
        port: Number(standin('PORT')),
        signHost: standin('DSQL_HOST'),
        user: name,
        database: standin('DB'),
        ca: standin('CA'),
        credentials: {
          accessKeyId: standin('STATIC_ACCESS_KEY_ID'),
          secretAccessKey: standin('STATIC_SECRET_ACCESS_KEY'),
        },
      });
      try {
        assert.equal((await opened.ask()).name, name);
      } finally {
        await opened.close();
      }
    });
  }
}
