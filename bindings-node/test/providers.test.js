'use strict';

// The caller's own providers: logins with what they give, beside the JS SDK's with the same.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Signer: Peer } = require('@aws-sdk/rds-signer');
const { ending, signedAt } = require('./support.js');
const emulated = require('./emulated.js');
const { Driver, Emulator, LOGIN, STANDIN_KEYS: KEYS, keysOf, logIn, signedWith } = emulated;
const { Signer, TokenCache } = require('..');

const ROLE = 'arn:aws:iam::123456789012:role/app';
const [hostname, port, username, region] = LOGIN;
const OPTIONS = { hostname, port: Number(port), username, region };

const SHAPES = {
  'an identity': KEYS,
  'an identity with an end': ending(300, KEYS),
  'a function': () => KEYS,
  'an asynchronous function': async () => ending(3600, KEYS),
  'a function with little life left': async () => ending(300, KEYS),
  'a function that has newer ones': async (options) =>
    options?.forceRefresh
      ? ending(3600, KEYS)
      : ending(300, { accessKeyId: 'AKIDOLD', secretAccessKey: 'SECRETOLD' }),
  'a function whose newer ones fail': async (options) => {
    if (options?.forceRefresh) throw new Error('down');
    return ending(300, KEYS);
  },
};

for (const [shape, credentials] of Object.entries(SHAPES)) {
  test(`${shape} logs in beside the JS SDK`, async () => {
    const cache = new TokenCache({ ...OPTIONS, credentials });
    const signer = new Signer({ ...OPTIONS, credentials });
    const peer = new Peer({ ...OPTIONS, credentials });
    const until = Date.now() + 10_000;
    let tokens;
    do {
      assert.ok(Date.now() < until);
      cache.invalidate();
      tokens = [await cache.getToken(), await signer.getAuthToken(), await peer.getAuthToken()];
    } while (new Set(tokens.map(signedAt)).size > 1);
    // Of the same second, they are the same.
    assert.equal(new Set(tokens).size, 1);
    await logIn(tokens[0]);
  });
}

// A provider of the SDK, the set-up that it is for, and its options.
const SDK = [
  ['fromEnv', 'environment', {}],
  ['fromIni', 'role-of-profile', { profile: 'app' }],
  ['fromIni', 'sso-legacy', { profile: 'app' }],
  ['fromProcess', 'profile-process', { profile: 'app' }],
  ['fromSSO', 'sso-session', { profile: 'app' }],
  ['fromTokenFile', 'web-identity', {}],
  [
    'fromWebToken',
    'web-identity',
    { webIdentityToken: 'EMULATOR.WEB.IDENTITY', roleArn: ROLE, roleSessionName: 'app' },
  ],
  ['fromTemporaryCredentials', 'role-of-environment', { params: { RoleArn: ROLE } }],
  ['fromContainerMetadata', 'container-token', {}],
  ['fromHttp', 'container-token-file', {}],
  ['fromInstanceMetadata', 'instance', {}],
  ['fromNodeProviderChain', 'web-identity', {}],
];

async function checkProvider(served, name, setup, input) {
  const driver = new Driver(LOGIN, `sdk=${name}`, setup.env, input);
  const [got, signed, theirs] = [
    await driver.ask('get'),
    await driver.ask('sign'),
    await driver.ask('peer'),
  ];
  await driver.end();
  for (const { token, message } of [got, signed, theirs]) {
    assert.ok(token, message);
    assert.deepEqual(signedWith(token), keysOf(setup));
    await logIn(token);
  }
  await emulated.checkEnd(got, served, setup.source);
}

test('providers of the JS SDK', { concurrency: 3 }, async (t) => {
  const served = await Emulator.start(t, 700);
  emulated.introduce(served.told.verifier_keys);
  await Promise.all(
    SDK.map(([name, setup, input]) =>
      t.test(`${name}: ${setup}`, () =>
        checkProvider(served, name, served.told.setups[setup], input),
      ),
    ),
  );
});

test('a provider of the JS SDK that fails, and its next call', async (t) => {
  const served = await Emulator.start(t);
  const setup = served.told.setups['role-of-environment'];
  await served.control('assume-role', 'status:403');
  const input = { params: { RoleArn: ROLE } };
  const driver = new Driver(LOGIN, 'sdk=fromTemporaryCredentials', setup.env, input);
  for (const call of ['get', 'sign']) {
    const { code, retryable } = await driver.ask(call);
    assert.deepEqual([code, retryable], ['ERR_RDSIAM_CREDENTIALS_PROVIDER', false]);
  }
  await served.control('assume-role', null);
  for (const call of ['get', 'sign']) {
    assert.deepEqual(signedWith((await driver.ask(call)).token), keysOf(setup));
  }
  await driver.end();
});
