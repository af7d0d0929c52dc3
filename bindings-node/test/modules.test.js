'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { KEYS, LOGIN, PACKAGE, core, run } = require('./support.js');

const NAMES = [
  'DsqlSigner',
  'GenerateDBAuthTokenCommand',
  'RDSClient',
  'RdsIamError',
  'Signer',
  'TokenCache',
  'caBundle',
  'explain',
  'odbcQuote',
  'pgpassQuote',
  'urlQuote',
];

test('both module kinds have the same names, and the same things by them', async () => {
  const common = require('..');
  const module = await import('rdsiam');
  assert.deepEqual(Object.keys(common).sort(), NAMES);
  assert.deepEqual(Object.keys(module).sort(), NAMES);
  for (const name of NAMES) assert.equal(module[name], common[name], name);
  assert.equal(require('rdsiam'), common);
});

test('a first token loads one file beside the addon, and nothing of Node', () => {
  const program = `
    const before = process.moduleLoadList.length;
    const { Signer } = require(${JSON.stringify(PACKAGE)});
    const signer = new Signer(${JSON.stringify(LOGIN)});
    signer.getAuthToken().then((token) => {
      const more = process.moduleLoadList.slice(before);
      console.log(JSON.stringify([Object.keys(require.cache), more, token.length > 200]));
    });`;
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
  };
  const { stdout, stderr } = run(['-e', program], { env });
  const addon = fs.readdirSync(PACKAGE).filter((name) => name.endsWith('.node'));
  const files = ['dist/index.js', ...addon].map((name) => path.join(PACKAGE, name));
  assert.deepEqual(JSON.parse(stdout || '0'), [files, [], true], stderr);
});

test('all files of the package share one addon', async (t) => {
  const calls = t.mock.method(core().native, 'signAgain').mock;
  const signer = new (require('..').Signer)({ ...LOGIN, credentials: KEYS });
  await signer.getAuthToken();
  await signer.getAuthToken();
  assert.equal(calls.callCount(), 2);
});

test('npm packs what is needed and no tests', () => {
  const { files } = require('../package.json');
  for (const name of files.filter((name) => !name.includes('*'))) {
    assert.ok(fs.existsSync(path.join(PACKAGE, name)), name);
  }
  assert.ok(!files.includes('test'));
});
