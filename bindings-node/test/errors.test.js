'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { HOST, KEYS, LOGIN, ending, run, temporary, PACKAGE } = require('./support.js');
const { RdsIamError, Signer, TokenCache, explain } = require('..');

const OPTIONS = { ...LOGIN, credentials: KEYS };
const INVALID = 'ERR_RDSIAM_INVALID_ARGUMENT';

// `name` is that of the JS SDK where it has one, for what stands in for it.
async function refused(options, code, word, name = 'RdsIamError') {
  const check = (expected) => (error) => {
    assert.ok(error instanceof RdsIamError && error instanceof Error);
    assert.equal(error.name, expected);
    assert.equal(error.code, code);
    assert.equal(typeof error.retryable, 'boolean');
    assert.match(error.message, word);
    assert.ok(error.stack.startsWith(`${expected}: `));
    return true;
  };
  await assert.rejects(async () => new TokenCache(options).getToken(), check('RdsIamError'));
  await assert.rejects(new Signer(options).getAuthToken(), check(name));
}

test('arguments of the wrong type are refused by name', async () => {
  for (const port of [
    -1,
    0,
    65536,
    70000,
    1.5,
    undefined,
    null,
    Number.NaN,
    '',
    'x',
    '0',
    '-1',
    [],
    {},
  ]) {
    await refused({ ...OPTIONS, port }, INVALID, /port/);
  }
  for (const wrong of [undefined, null, 5, {}, [], Symbol('x'), '', '\ud800', 'a\0b']) {
    await refused({ ...OPTIONS, hostname: wrong }, INVALID, /host/);
    await refused({ ...OPTIONS, username: wrong }, INVALID, /user/);
  }
  for (const region of [5, {}, '', 'US-EAST-1', 'a b']) {
    await refused({ ...OPTIONS, region }, INVALID, /region/);
  }
  for (const profile of [5, {}, '', 'a\0']) {
    await refused({ ...OPTIONS, profile }, INVALID, /profile/);
  }
});

test('credentials of the wrong shape are refused by name', async () => {
  for (const [credentials, word] of [
    [{}, /accessKeyId/],
    ['AKID', /credentials/],
    [5, /credentials/],
    [{ accessKeyId: 'a' }, /secretAccessKey/],
    [{ accessKeyId: '', secretAccessKey: 's' }, /access_key_id/],
    [{ ...KEYS, sessionToken: 5 }, /sessionToken/],
    [{ ...KEYS, expiration: 'tomorrow' }, /expiration/],
    [{ ...KEYS, expiration: new Date(Number.NaN) }, /expiration/],
  ]) {
    await refused({ ...LOGIN, credentials }, INVALID, word);
  }
});

test('margins of the wrong kind are refused by name', () => {
  for (const name of ['refreshBefore', 'minRemaining', 'expires']) {
    for (const wrong of [-1, 901, 1.5, '60', Number.NaN, Number.POSITIVE_INFINITY]) {
      const expected = { code: INVALID, message: new RegExp(name.replace(/[A-Z]/, '_?$&'), 'i') };
      assert.throws(() => new TokenCache({ ...OPTIONS, [name]: wrong }), expected);
    }
  }
  for (const nothing of [undefined, null, 5]) {
    assert.throws(() => new TokenCache(nothing), { code: INVALID });
  }
});

test('the errors of the core arrive with their code, text and retryability', async () => {
  await refused({ ...OPTIONS, hostname: 'db.example.com' }, 'ERR_RDSIAM_REGION_MISSING', /region/);
  const sources = /environment.*profile.*container/;
  await refused(LOGIN, 'ERR_RDSIAM_CREDENTIALS_NOT_FOUND', sources, 'CredentialsProviderError');
  const ended = { ...LOGIN, credentials: ending(-10) };
  await refused(ended, 'ERR_RDSIAM_CREDENTIALS_EXPIRED', /expired/);
  await assert.rejects(new Signer(ended).getAuthToken(), { retryable: true });
});

test('what a provider throws is the cause, and not in the text', async () => {
  class OddError extends Error {
    name = 'OddError';
  }
  for (const [thrown, word, retryable, name] of [
    [new OddError('hush'), /OddError/, false, 'OddError'],
    [Object.assign(new Error('hush'), { $retryable: {} }), /Error/, true],
    ['hush', /no Error/, false],
    [Object.assign(new Error('hush'), { name: 'hush hush' }), /no Error/, false],
  ]) {
    const credentials = async () => {
      throw thrown;
    };
    await refused({ ...LOGIN, credentials }, 'ERR_RDSIAM_CREDENTIALS_PROVIDER', word, name);
    await assert.rejects(new Signer({ ...LOGIN, credentials }).getAuthToken(), (error) => {
      assert.equal(error.cause, thrown);
      assert.equal(error.retryable, retryable);
      assert.ok(!error.message.includes('hush'));
      return true;
    });
  }
});

test('a provider that gives nonsense is named as such', async () => {
  const throwing = {
    get accessKeyId() {
      throw new Error('hush');
    },
  };
  for (const nonsense of [
    undefined,
    null,
    5,
    'x',
    {},
    { accessKeyId: 'a' },
    { ...KEYS, secretAccessKey: '' },
    throwing,
  ]) {
    const credentials = () => nonsense;
    const name = nonsense === throwing ? undefined : 'CredentialsProviderError';
    await refused({ ...LOGIN, credentials }, 'ERR_RDSIAM_CREDENTIALS_PROVIDER', /provider/, name);
  }
});

test('a failed cache works again when its provider does', async () => {
  let good = false;
  const credentials = async () => {
    if (!good) throw new Error('down');
    return KEYS;
  };
  const cache = new TokenCache({ ...LOGIN, credentials });
  await assert.rejects(cache.getToken());
  await assert.rejects(cache.getToken());
  good = true;
  assert.ok((await cache.getToken()).startsWith(HOST));
});

test('explain() takes any text and nothing else', async () => {
  const told = explain(await new Signer(OPTIONS).getAuthToken());
  assert.deepEqual(told.problems, []);
  assert.equal(told.accessKeyId, KEYS.accessKeyId);
  assert.ok(told.signedAt instanceof Date && told.expiresAt instanceof Date);
  assert.equal(told.expiresAt - told.signedAt, 900_000);
  assert.equal(told.hasSessionToken, false);
  assert.match(String(told), /^host: /);
  assert.ok(!Object.keys(told).includes('toString'));
  for (const text of ['', 'no token', '\ud800', '\0']) {
    assert.ok(explain(text).problems.length > 0);
    assert.equal(explain(text).signedAt, null);
  }
  for (const wrong of [undefined, null, 5]) assert.throws(() => explain(wrong), { code: INVALID });
});

test('without an addon the error names the platform', (t) => {
  const { cpSync } = require('node:fs');
  const copy = temporary(t);
  for (const name of ['dist', 'package.json']) {
    cpSync(`${PACKAGE}/${name}`, `${copy}/${name}`, { recursive: true });
  }
  const { stdout } = run([
    '-e',
    `try { require(${JSON.stringify(copy)}) } catch (e) { console.log(e.code, e.message) }`,
  ]);
  assert.match(
    stdout,
    /^ERR_RDSIAM_INTERNAL no native part of rdsiam for linux-x64 \(glibc 2\.\d+\) and Node v\d+.*: none is installed; there is one for Linux on x64 and arm64 with glibc 2\.17, musl 1\.2 or newer; install rdsiam with its optional dependencies on this machine, or for it with npm's --os, --cpu and --libc$/m,
  );
});
