'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { inspect } = require('node:util');
const { HOST, LOGIN, ending } = require('./support.js');
const {
  GenerateDBAuthTokenCommand,
  RDSClient,
  RdsIamError,
  Signer,
  TokenCache,
  explain,
} = require('..');

const SECRET = 'SECRETsecret0123456789SECRET';
const SESSION = 'SESSIONsession0123456789SESSION';
const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: SECRET, sessionToken: SESSION };

function hunt(value, more = []) {
  const shown = [
    inspect(value, { depth: 20, showHidden: true, getters: true }),
    JSON.stringify(value),
    String(value),
    JSON.stringify(Object.getOwnPropertyDescriptors(Object(value))),
    value?.stack,
  ].join('\n');
  for (const secret of [SECRET, SESSION, ...more]) {
    assert.ok(!shown.includes(secret), `a secret shows in ${shown}`);
  }
}

const signatureOf = (token) => /X-Amz-Signature=([0-9a-f]{64})/.exec(token)[1];

test('objects show neither credentials nor tokens', async () => {
  for (const credentials of [KEYS, async () => KEYS]) {
    const signer = new Signer({ ...LOGIN, credentials });
    const cache = new TokenCache({ ...LOGIN, credentials });
    const client = new RDSClient({ credentials });
    const late = new RDSClient({ credentials, region: async () => 'us-east-1' });
    for (const object of [signer, cache, client, late]) hunt(object);
    const input = { DBHostname: HOST, Port: 5432, DBUser: 'app' };
    const tokens = [
      await signer.getAuthToken(),
      await cache.getToken(),
      await client.send(new GenerateDBAuthTokenCommand(input)),
      await late.send(new GenerateDBAuthTokenCommand(input)),
    ];
    const secrets = tokens.map(signatureOf);
    for (const object of [signer, cache, client, late, cache.stats()]) hunt(object, secrets);
  }
});

test('explain() leaves signature and session token out, even of what is no good token', async () => {
  const token = await new Signer({ ...LOGIN, credentials: KEYS }).getAuthToken();
  const signature = signatureOf(token);
  for (const text of [
    token,
    token.replace('/?', '?'),
    token.slice(0, -40),
    `x${token}`,
    token + token,
  ]) {
    hunt(explain(text), [signature, signature.slice(0, 20)]);
  }
});

test('errors of every kind hold no secret', async () => {
  const wrong = [
    { hostname: `https://${HOST}/?password=${SECRET}` },
    { hostname: `${HOST}/${SECRET}` },
    { hostname: `${HOST}?${SECRET}` },
    { port: SECRET },
    { port: [SECRET] },
    { username: { [SECRET]: SECRET } },
    { region: `${SECRET} ` },
    { profile: SECRET },
    { profile: `${SECRET}\0` },
    { credentials: { ...KEYS, accessKeyId: '' } },
    { credentials: { ...KEYS, expiration: SESSION } },
    { credentials: { secretAccessKey: SECRET } },
    { credentials: { ...KEYS, sessionToken: `${SESSION}\0` } },
    { credentials: { ...KEYS, secretAccessKey: `${SECRET}\ud800` } },
    { credentials: ending(-5, KEYS) },
    { credentials: async () => ending(-5, KEYS) },
    { credentials: async () => ({ ...KEYS, accessKeyId: SECRET.length }) },
    { credentials: async () => SECRET },
    { credentials: async () => [SECRET] },
  ];
  for (const more of wrong) {
    const options = { ...LOGIN, credentials: KEYS, ...more };
    if (more.profile) delete options.credentials;
    for (const attempt of [
      async () => new TokenCache(options).getToken(),
      async () => new Signer(options).getAuthToken(),
    ]) {
      await assert.rejects(attempt, (error) => {
        assert.ok(error instanceof RdsIamError);
        // The name of a profile is no secret; it is only said not to be found.
        if (more.profile === undefined) hunt(error);
        return true;
      });
    }
  }
});

test('the message of what a provider throws is not taken over', async () => {
  const credentials = async () => {
    throw new Error(`no login with ${SECRET}`);
  };
  for (const attempt of [
    async () => new TokenCache({ ...LOGIN, credentials }).getToken(),
    async () => new Signer({ ...LOGIN, credentials }).getAuthToken(),
  ]) {
    await assert.rejects(attempt, (error) => {
      assert.ok(!JSON.stringify([error, error.message, error.stack]).includes(SECRET));
      return true;
    });
  }
});
