'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const fc = require('fast-check');
const { signedAt } = require('./support.js');
const { Signer, TokenCache, explain, urlQuote, pgpassQuote, odbcQuote } = require('..');
const Peer = require('@aws-sdk/rds-signer').Signer;

const from = (alphabet, minLength, maxLength) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength });

const LOWER = 'abcdefghijklmnopqrstuvwxyz0123456789';
const BASE64 = `${LOWER}${LOWER.slice(0, 26).toUpperCase()}+/=`;
const KEY = BASE64.slice(0, 62);
const REGIONS = ['us-east-1', 'eu-central-1', 'ap-southeast-7', 'us-gov-west-1', 'cn-north-1'];

const label = fc
  .tuple(from(LOWER, 1, 1), from(`${LOWER}-_`, 0, 12), from(LOWER, 1, 1))
  .map((parts) => parts.join(''));
const host = (region) =>
  fc.oneof(
    fc.tuple(label, label).map(([a, b]) => `${a}.${b}.${region}.rds.amazonaws.com`),
    fc.tuple(label, label).map(([a, b]) => `${a}.cluster-${b}.${region}.rds.amazonaws.com`),
    fc.tuple(label, label).map(([a, b]) => `${a}.${b}.example`),
    fc.ipV4(),
  );
const port = fc.oneof(
  fc.constantFrom(443, 80, 1, 65535, 5432, 3306),
  fc.integer({ min: 1, max: 65535 }),
);
// One of the whole range of Unicode but NUL and halves of surrogate pairs.
const text = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 24 })
  .filter((value) => !value.includes('\0'));
const session = fc.oneof(
  fc.constantFrom(undefined, ''),
  from(BASE64, 1, 20),
  fc
    .tuple(from(BASE64, 1, 20), fc.integer({ min: 1000, max: 1050 }))
    .map(([part, length]) => part.repeat(length).slice(0, length)),
);

const login = fc.constantFrom(...REGIONS).chain((region) =>
  fc.record({
    hostname: host(region),
    port,
    username: text,
    region: fc.constant(region),
    credentials: fc.record({
      accessKeyId: from(KEY, 16, 24),
      secretAccessKey: from(BASE64, 20, 50),
      sessionToken: session,
    }),
  }),
);

// The peer's token as of this second. An empty session token has no counterpart: RDS Proxy
// refuses the empty parameter that the peer would write, so it counts as none.
async function peerToken(options, second) {
  const { sessionToken, ...keys } = options.credentials;
  const credentials = sessionToken ? { ...keys, sessionToken } : keys;
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

test('any login gives the bytes of @aws-sdk/rds-signer', async () => {
  const property = fc.asyncProperty(login, async (options) => {
    for (const ours of [
      await new Signer(options).getAuthToken(),
      new TokenCache(options).getTokenSync(),
    ]) {
      assert.equal(ours, await peerToken(options, signedAt(ours)));
    }
  });
  await fc.assert(property, { numRuns: 1500 });
});

test('a token is explained as it was signed', () => {
  const property = fc.property(login, (options) => {
    const told = explain(new TokenCache(options).getTokenSync());
    const { hostname, port, username, region, credentials } = options;
    assert.deepEqual(
      [told.host, told.port, told.user, told.region, told.accessKeyId, told.hasSessionToken],
      [hostname, port, username, region, credentials.accessKeyId, !!credentials.sessionToken],
    );
  });
  fc.assert(property, { numRuns: 500 });
});

test('what is quoted is read as it was', () => {
  const property = fc.property(text, (value) => {
    const url = new URL(`postgresql://app:${urlQuote(value)}@db:5432/app`);
    assert.equal(decodeURIComponent(url.password), value);
    const field = pgpassQuote(value);
    assert.match(field, /^(?:\\.|[^\\:])*$/su);
    assert.equal(field.replace(/\\(.)/gsu, '$1'), value);
    const braced = odbcQuote(value);
    assert.match(braced, /^\{(?:[^}]|\}\})*\}$/u);
    assert.equal(braced.slice(1, -1).replaceAll('}}', '}'), value);
  });
  fc.assert(property, { numRuns: 1000 });
});
