'use strict';

// Signer beside that of @aws-sdk/rds-signer: what both take, where both fail, and what only ours
// refuses. The bytes are compared in differential.test.js.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Signer: Peer } = require('@aws-sdk/rds-signer');
const { fromIni } = require('@aws-sdk/credential-providers');
const { KEYS, LOGIN, configFile, ending } = require('./support.js');
const { RdsIamError, Signer, TokenCache } = require('..');

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

class BoomError extends Error {
  name = 'BoomError';
}
const boom = new BoomError('hush');
const PROVIDER = 'ERR_RDSIAM_CREDENTIALS_PROVIDER';
const NOT_FOUND = 'ERR_RDSIAM_CREDENTIALS_NOT_FOUND';
const ANYWHERE = { ...FULL, credentials: undefined };
const FOUND_NONE = /^Could not load credentials from any providers/;

// Refused by both, by rejecting: the options, the code of ours, the name of both, and how both
// messages begin. Without a name, the peer's is that of any error.
const NEITHER = {
  'no region': [NO_REGION, 'ERR_RDSIAM_REGION_MISSING', undefined, /^Region is missing/],
  'a region function that fails': [
    { ...FULL, region: () => Promise.reject(boom) },
    'ERR_RDSIAM_REGION_MISSING',
    'BoomError',
  ],
  'no credentials': [ANYWHERE, NOT_FOUND, 'CredentialsProviderError', FOUND_NONE],
  'a profile that is not there': [
    { ...ANYWHERE, profile: 'none' },
    NOT_FOUND,
    'CredentialsProviderError',
    FOUND_NONE,
  ],
  'a profile without credentials': [
    { ...ANYWHERE, profile: 'empty' },
    NOT_FOUND,
    'CredentialsProviderError',
    FOUND_NONE,
  ],
  'a profile with half of a key': [
    { ...ANYWHERE, profile: 'half' },
    NOT_FOUND,
    'CredentialsProviderError',
    FOUND_NONE,
  ],
  'a credential_process that fails': [
    { ...ANYWHERE, profile: 'failing' },
    PROVIDER,
    'CredentialsProviderError',
    FOUND_NONE,
  ],
  'a source_profile that is not there': [
    { ...ANYWHERE, profile: 'astray' },
    PROVIDER,
    'CredentialsProviderError',
    FOUND_NONE,
  ],
  // The SDK's text is another one for each way in which it does not serve.
  'a profile without its SSO login': [
    { ...ANYWHERE, profile: 'sso' },
    PROVIDER,
    'CredentialsProviderError',
  ],
  'empty credentials': [{ ...FULL, credentials: {} }, 'ERR_RDSIAM_INVALID_ARGUMENT'],
  'half of a key': [
    { ...FULL, credentials: { accessKeyId: 'AKID' } },
    'ERR_RDSIAM_INVALID_ARGUMENT',
  ],
  'a credentials function that fails': [{ ...FULL, credentials: failing }, PROVIDER],
  'a credentials function that fails with a name': [
    { ...FULL, credentials: () => Promise.reject(boom) },
    PROVIDER,
    'BoomError',
  ],
  "a provider of the SDK's that finds nothing": [
    { ...FULL, credentials: fromIni({ profile: 'none' }) },
    PROVIDER,
    'CredentialsProviderError',
  ],
};

const PROFILES = `
[profile empty]
output = json
[profile half]
aws_access_key_id = AKID
[profile failing]
credential_process = sh -c "exit 3"
[profile astray]
role_arn = arn:aws:iam::123456789012:role/app
source_profile = none
[profile sso]
sso_session = here
sso_account_id = 123456789012
sso_role_name = app
[sso-session here]
sso_region = us-east-1
sso_start_url = https://sso.invalid
`;

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

for (const [name, [options, code, both, words]] of Object.entries(NEITHER)) {
  test(`both reject for ${name}`, async (t) => {
    configFile(t, PROFILES);
    const [ours, theirs] = [await outcome(Signer, options), await outcome(Peer, options)];
    assert.deepEqual([ours.at, theirs.at], ['rejection', 'rejection']);
    assert.ok(ours.error instanceof RdsIamError);
    assert.equal(ours.error.code, code);
    assert.deepEqual(
      [ours.error.name, theirs.error.name],
      [both ?? 'RdsIamError', both ?? 'Error'],
    );
    assert.ok(ours.error.stack.startsWith(`${ours.error.name}: ${ours.error.message}`));
    if (words !== undefined) {
      for (const { error } of [ours, theirs]) assert.match(error.message, words);
    }
    // What the caller threw is the cause of ours.
    for (const thrown of [cause, boom]) {
      if (theirs.error === thrown) assert.equal(ours.error.cause, thrown);
    }
  });
}

test('a client of the shape of the SDK fails with the same names', async () => {
  const { GenerateDBAuthTokenCommand, RDSClient } = require('..');
  const send = (configuration, host = LOGIN.hostname) =>
    new RDSClient(configuration).send(
      new GenerateDBAuthTokenCommand({ DBHostname: host, Port: 5432, DBUser: 'app' }),
    );
  const name = 'CredentialsProviderError';
  await assert.rejects(send({}), { name, code: NOT_FOUND, message: FOUND_NONE });
  const message = /^Region is missing/;
  await assert.rejects(send({ credentials: KEYS }, 'db.example.com'), { message });
  await assert.rejects(send({ region: () => Promise.reject(boom) }), { name: 'BoomError' });
});

test('a cache of tokens, which no SDK has, fails with its own name', async () => {
  const cache = new TokenCache({ ...LOGIN, region: 'us-east-1' });
  await assert.rejects(cache.getToken(), { name: 'RdsIamError', code: NOT_FOUND });
});

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
