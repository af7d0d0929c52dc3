'use strict';

// Config and credentials files as people write them: what the JS SDK makes of each, asked beside it.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
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
  // Tokens signed in the same second are equal if the secrets are.
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

const PARTS = [
  ...['[', ']', '=', ':', ' ', '\t', '\n', '\r', '\r\n', '#', ';', ' #', '"', "'", '\\', ',', 'é'],
  ...['\ufeff', '\x85', '\xa0', '\u2028', '\v', '\n ', '\n\t', 'default', 'profile ', '__proto__'],
  ...['[default]\n', '[profile default]\n', '[profile x]\n', 's3 =\n', '  s3 = x\n', '[ default]'],
  ...['aws_access_key_id = AKIDONE\n', '  aws_secret_access_key = SECRETONE\n', 'AWS_REGION = x\n'],
];
const KEYS =
  'aws_access_key_id = AKID\naws_secret_access_key = SECRET\naws_session_token = TOKEN\n';
const START = `[default]\n${KEYS}region = us-east-1\n`;
const ROUNDS = Number(process.env.RDSIAM_ROUNDS ?? 400);

// Numbers below a bound, the same for the same seed.
function chance(seed) {
  let state = BigInt(seed) | 1n;
  return (bound) => {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
    return Number((state >> 33n) % BigInt(bound));
  };
}

function made(random) {
  const texts = ['', START].map((text) => {
    const lines = text.split(/(?<=\n)/);
    for (let count = random(4); count > 0; count -= 1) {
      lines.splice(random(lines.length + 1), 0, PARTS[random(PARTS.length)]);
    }
    return lines.join('');
  });
  return random(2) ? texts : texts.reverse();
}

test('random files, beside the JS SDK', async (t) => {
  const seed = process.env.RDSIAM_SEED ?? Date.now();
  t.diagnostic(`RDSIAM_SEED=${seed}`);
  const random = chance(seed);
  const folder = temporary(t);
  environment(t, { AWS_CONFIG_FILE: '', AWS_SHARED_CREDENTIALS_FILE: '' });
  let found = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const files = made(random);
    ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE'].forEach((variable, index) => {
      // The SDK remembers what it read of a path.
      process.env[variable] = path.join(folder, `${round}-${index}`);
      fs.writeFileSync(process.env[variable], files[index]);
    });
    const both = async () => [
      await token(Ours, undefined, 'us-east-1'),
      await token(Theirs, undefined, 'us-east-1'),
    ];
    let [ours, theirs] = await both();
    if (ours !== theirs) [ours, theirs] = await both();
    assert.equal(ours, theirs, JSON.stringify(files));
    if (ours !== FAILED) found += 1;
  }
  assert.ok(found > ROUNDS / 8 && found < (ROUNDS * 7) / 8, `${found}`);
});
