'use strict';

// Config and credentials files as people write them: what the JS SDK makes of each, asked beside it.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');
const { Signer: Theirs } = require('@aws-sdk/rds-signer');
const { PACKAGE, environment, temporary } = require('./support.js');
const { Signer: Ours } = require(PACKAGE);

const FILES = path.join(PACKAGE, '..', 'tests', 'emulator', 'config_files.py');
// A host that carries no region, since the SDK does not look at it.
const LOGIN = { hostname: 'db.example.com', port: 5432, username: 'app' };
const FAILED = 'failed';

async function token(Signer, profile, region) {
  try {
    return await new Signer({ ...LOGIN, profile, region }).getAuthToken();
  } catch (error) {
    assert.doesNotMatch(error.message, /(SECRET|SESSION)FILE/);
    return FAILED;
  }
}

// The token without what another second changes.
const shape = (text) => text.replace(/(X-Amz-(Date|Signature)=)[^&]*/g, '$1');

async function beside({ profile, js, js_region }, region) {
  let ours;
  let theirs;
  // In the same second the tokens are the same, and so are the secrets behind them.
  for (let tries = 0; tries < 3; tries += 1) {
    theirs = await token(Theirs, profile ?? undefined, region);
    ours = await token(Ours, profile ?? undefined, region);
    if (ours === theirs || [ours, theirs].includes(FAILED)) break;
  }
  if (js || (js_region && !region))
    assert.notEqual(shape(ours), shape(theirs), 'no difference any more');
  else assert.equal(ours, theirs);
}

test('files as people write them, beside the JS SDK', async (t) => {
  const told = execFileSync('python3', [FILES, path.join(temporary(t), 'files')], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  const cases = JSON.parse(told);
  assert.ok(cases.length >= 60);
  for (const row of cases) {
    for (const region of ['us-east-1', undefined]) {
      await t.test(`${row.name}, the region ${region ? 'given' : 'read'}`, async (t) => {
        for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) {
          const before = process.env[name];
          delete process.env[name];
          t.after(() => (process.env[name] = before));
        }
        environment(t, row.env);
        await beside(row, region);
      });
    }
  }
});
