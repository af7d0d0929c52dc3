'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { signedAt } = require('./support.js');
const { Signer, TokenCache } = require('..');
const Peer = require('@aws-sdk/rds-signer').Signer;

const CASES = 6000;
const SEED = Number(process.env.RDSIAM_SEED ?? Date.now() % 2 ** 31);

// mulberry32: small, and the same everywhere.
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = randomFrom(SEED);
const below = (bound) => Math.floor(random() * bound);
const pick = (list) => list[below(list.length)];
const many = (count, make) => Array.from({ length: count }, make).join('');

const LABEL = 'abcdefghijklmnopqrstuvwxyz0123456789';
const REGIONS = ['us-east-1', 'eu-central-1', 'ap-southeast-7', 'us-gov-west-1', 'cn-north-1'];
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=';

const label = () => pick(LABEL) + many(below(12), () => pick(`${LABEL}-_`)) + pick(LABEL);

function host(region) {
  switch (below(4)) {
    case 0:
      return `${label()}.${label()}.${region}.rds.amazonaws.com`;
    case 1:
      return `${label()}.cluster-${label()}.${region}.rds.amazonaws.com`;
    case 2:
      return `${below(256)}.${below(256)}.${below(256)}.${below(256)}`;
    default:
      return `${label()}.${label()}.example`;
  }
}

// One of the whole range of Unicode but NUL and halves of surrogate pairs.
function character() {
  switch (below(5)) {
    case 0:
      return String.fromCodePoint(1 + below(0x7f));
    case 1:
      return pick("!'()*~-._ +/%@&=?#;,:$\u007f\t\n");
    case 2:
      return String.fromCodePoint(0x80 + below(0xd800 - 0x80));
    case 3:
      return String.fromCodePoint(0xe000 + below(0x2000));
    default:
      return String.fromCodePoint(0x10000 + below(0x100000));
  }
}

function sessionToken() {
  const length = pick([undefined, 0, 1 + below(20), 1000 + below(50)]);
  return length === undefined ? undefined : many(length, () => pick(BASE64));
}

function input() {
  const region = pick(REGIONS);
  return {
    hostname: host(region),
    port: pick([443, 80, 1, 65535, 5432, 3306, 1 + below(65535)]),
    username: many(1 + below(24), character),
    region,
    credentials: {
      accessKeyId: many(16 + below(8), () => pick(BASE64.slice(0, 62))),
      secretAccessKey: many(20 + below(30), () => pick(BASE64)),
      sessionToken: sessionToken(),
    },
  };
}

// The peer's token as of this second. An empty session token has no counterpart: RDS Proxy
// refuses the empty parameter that the peer would write, so it counts as none.
async function peerToken(options, second) {
  const { sessionToken: session, ...keys } = options.credentials;
  const credentials = session ? { ...keys, sessionToken: session } : keys;
  const RealDate = Date;
  globalThis.Date = class extends RealDate {
    constructor(...args) {
      super(...(args.length === 0 ? [second * 1000] : args));
    }
  };
  try {
    return await new Peer({ ...options, credentials }).getAuthToken();
  } finally {
    globalThis.Date = RealDate;
  }
}

test(`${CASES} random inputs give the bytes of @aws-sdk/rds-signer`, async (t) => {
  t.diagnostic(`RDSIAM_SEED=${SEED} makes the same inputs again`);
  let compared = 0;
  for (let round = 0; round < CASES; round += 1) {
    const options = input();
    const ours =
      round % 2 === 0
        ? await new Signer(options).getAuthToken()
        : new TokenCache(options).getTokenSync();
    const theirs = await peerToken(options, signedAt(ours));
    assert.equal(ours, theirs, `seed ${SEED}, round ${round}: ${JSON.stringify(options)}`);
    compared += 1;
  }
  assert.equal(compared, CASES);
});
