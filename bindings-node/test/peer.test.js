'use strict';

// Signer beside that of @aws-sdk/rds-signer: what both take, where both fail, and what only ours
// refuses. The bytes are compared in differential.test.js.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Signer: Peer } = require('@aws-sdk/rds-signer');
const { KEYS, LOGIN, ending } = require('./support.js');
const { Signer } = require('..');

const FULL = { ...LOGIN, region: 'us-east-1', credentials: KEYS };
const NO_REGION = { ...FULL, hostname: 'db.example.com', region: undefined };
const cause = new Error('from the caller');
const failing = async () => {
  throw cause;
};

// Where a signer fails, and how.
async function outcome(Kind, options) {
  let signer;
  try {
    signer = new Kind(options);
  } catch (error) {
    return { at: 'constructor', error };
  }
  let promise;
  try {
    promise = signer.getAuthToken();
  } catch (error) {
    return { at: 'call', error };
  }
  assert.ok(promise instanceof Promise);
  return promise.then(
    (token) => ({ at: 'token', token }),
    (error) => ({ at: 'rejection', error }),
  );
}

// Taken by both: the options.
const BOTH = {
  'a plain configuration': FULL,
  'a region function': { ...FULL, region: async () => 'us-east-1' },
  'a synchronous region function': { ...FULL, region: () => 'us-east-1' },
  'a credentials function': { ...FULL, credentials: async () => KEYS },
  'credentials with an end': { ...FULL, credentials: ending(3600) },
  'a profile beside credentials': { ...FULL, profile: 'unused' },
  sha256: { ...FULL, sha256: require('@smithy/core/checksum').Sha256 },
  'port 443': { ...FULL, port: 443 },
  'port 80': { ...FULL, port: 80 },
  'a string of digits': { ...FULL, port: '3306' },
  'a user to be encoded': { ...FULL, username: "a b+c/d@é!'()*" },
  'a name that is no RDS endpoint': { ...FULL, hostname: 'db.example.com' },
};

// Refused by both, by rejecting: the options, and the code of ours.
const NEITHER = {
  'no region': [NO_REGION, 'ERR_RDSIAM_REGION_MISSING'],
  'a region function that fails': [{ ...FULL, region: failing }, 'ERR_RDSIAM_REGION_MISSING'],
  'no credentials': [{ ...FULL, credentials: undefined }, 'ERR_RDSIAM_CREDENTIALS_NOT_FOUND'],
  'empty credentials': [{ ...FULL, credentials: {} }, 'ERR_RDSIAM_INVALID_ARGUMENT'],
  'half of a key': [
    { ...FULL, credentials: { accessKeyId: 'AKID' } },
    'ERR_RDSIAM_INVALID_ARGUMENT',
  ],
  'a credentials function that fails': [
    { ...FULL, credentials: failing },
    'ERR_RDSIAM_CREDENTIALS_PROVIDER',
  ],
};

// Nonsense that the peer makes a token of.
const OURS = {
  'no port': { port: undefined },
  'port 0': { port: 0 },
  'port -1': { port: -1 },
  'port 70000': { port: 70000 },
  'no host': { hostname: undefined },
  'an empty host': { hostname: '' },
  'no user': { username: undefined },
  'a numeric user': { username: 5 },
  'an empty region': { hostname: 'db.example.com', region: '' },
  'ended credentials': { credentials: ending(-60) },
};

const withoutTime = (token) => token.replace(/X-Amz-Date=\w+|X-Amz-Signature=\w+/g, '');

for (const [name, options] of Object.entries(BOTH)) {
  test(`both take ${name}`, async () => {
    const [ours, theirs] = [await outcome(Signer, options), await outcome(Peer, options)];
    assert.deepEqual([ours.at, theirs.at], ['token', 'token'], String(ours.error ?? theirs.error));
    assert.equal(withoutTime(ours.token), withoutTime(theirs.token));
  });
}

for (const [name, [options, code]] of Object.entries(NEITHER)) {
  test(`both reject for ${name}`, async () => {
    const [ours, theirs] = [await outcome(Signer, options), await outcome(Peer, options)];
    assert.deepEqual([ours.at, theirs.at], ['rejection', 'rejection']);
    assert.equal(ours.error.code, code);
    if (theirs.error === cause) assert.equal(ours.error.cause, cause);
  });
}

for (const [name, more] of Object.entries(OURS)) {
  test(`only ours rejects for ${name}`, async () => {
    const options = { ...FULL, ...more };
    const [ours, theirs] = [await outcome(Signer, options), await outcome(Peer, options)];
    assert.deepEqual([ours.at, theirs.at], ['rejection', 'token']);
    assert.equal(ours.error.name, 'RdsIamError');
  });
}

test('both throw from the constructor without a configuration', async () => {
  for (const Kind of [Signer, Peer]) {
    assert.equal((await outcome(Kind, undefined)).at, 'constructor');
  }
});
