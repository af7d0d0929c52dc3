'use strict';

// Each source of credentials, beside the default chain of @aws-sdk/rds-signer, and what happens
// where one misbehaves. The sources are those of tests/emulator.

const assert = require('node:assert/strict');
const { execFile, spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');
const { test } = require('node:test');
const { promisify } = require('node:util');
const { HOST, PACKAGE } = require('./support.js');
const { explain } = require('..');

const EMULATOR = path.join(PACKAGE, '..', 'tests', 'emulator', 'emulator.py');
// Less than a token's life, so that the keys' end has to be the token's.
const SECONDS = 700;
const BOUND = 12;

const standin = (name) => process.env[`STANDIN_${name}`];
const STANDIN = Boolean(standin('HOST')) || process.env.RDSIAM_REQUIRE_STANDIN === '1';
const LOGIN = STANDIN
  ? {
      hostname: standin('HOST'),
      port: Number(standin('PORT')),
      username: standin('USER'),
      region: standin('REGION'),
    }
  : { hostname: HOST, port: 5432, username: 'app', region: 'us-east-1' };

// Both in a process of their own: a source is mostly its environment.
const BESIDE = `
const { Signer, TokenCache } = require('.');
const { Signer: Peer } = require('@aws-sdk/rds-signer');
const options = JSON.parse(process.argv[1]);
(async () => {
  const got = await new TokenCache(options).get();
  const signed = await new Signer(options).getAuthToken();
  const theirs = await new Peer(options).getAuthToken();
  const told = { cached: got.token, signed, theirs, end: got.expiresAt.getTime() / 1000 };
  console.log(JSON.stringify(told));
})();
`;

// The first call meets what the emulator was told before, the second a source that works again.
const TWICE = `
const { TokenCache } = require('.');
const { url, ...options } = JSON.parse(process.argv[1]);
const cache = new TokenCache(options);
let turn = performance.now();
let longest = 0;
setInterval(() => {
  longest = Math.max(longest, performance.now() - turn);
  turn = performance.now();
}, 10).unref();
async function call() {
  const began = performance.now();
  const told = await cache.get().then(
    ({ token, expiresAt }) => ({ token, end: expiresAt.getTime() / 1000 }),
    ({ name, code, retryable, message }) => ({ name, code, retryable, message }),
  );
  return { ...told, seconds: (performance.now() - began) / 1000 };
}
(async () => {
  const first = await call();
  await fetch(url + '/clear', { method: 'POST', body: '{}' });
  if (first.token) cache.invalidate();
  const second = await call();
  process.stdout.write(JSON.stringify({ first, second, longest }), () => process.exit());
})();
`;

async function run(code, env, argument) {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['-e', code, JSON.stringify(argument)],
    { cwd: PACKAGE, env: { ...clean(), ...env }, timeout: 60_000, maxBuffer: 2 ** 24 },
  );
  return JSON.parse(stdout);
}

function clean() {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
  return Object.fromEntries(kept);
}

// Serves until the end of the test.
async function emulator(t, seconds = 3600) {
  const child = spawn('python3', [EMULATOR, '--setups'], {
    env: { ...process.env, EMULATOR_SECONDS: String(seconds) },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  t.after(() => {
    child.stdin.end();
    return ended;
  });
  const [line] = await Promise.race([
    new Promise((resolve) =>
      readline.createInterface(child.stdout).once('line', (l) => resolve([l])),
    ),
    ended.then((code) => assert.fail(`the emulator ended with ${code}`)),
  ]);
  return JSON.parse(line);
}

async function control(served, source, mode) {
  const body = JSON.stringify({ source, mode });
  const answer = await fetch(`${served.url}/control`, { method: 'POST', body });
  assert.equal(answer.status, 200, await answer.text());
}

function signedWith(token) {
  const query = new URLSearchParams(token.slice(token.indexOf('?')));
  const key = query.get('X-Amz-Credential').split('/')[0];
  assert.equal(explain(token).accessKeyId, key);
  return { key, session: query.get('X-Amz-Security-Token') };
}

const expected = (setup) => ({ key: setup.access_key_id, session: setup.session_token });

// Where there is a stand-in, it lets the token in.
async function logIn(password) {
  if (!STANDIN) return;
  const { Client } = require('pg');
  const client = new Client({
    host: standin('HOSTADDR'),
    port: Number(standin('PORT')),
    user: standin('USER'),
    database: standin('DB'),
    password,
    ssl: { ca: fs.readFileSync(standin('CA'), 'utf8'), servername: standin('HOST') },
  });
  await client.connect();
  try {
    await client.query('select 1');
  } finally {
    await client.end();
  }
}

// The stand-in reads its keys at each login.
function introduce(keys) {
  if (!STANDIN) return;
  const config = JSON.parse(fs.readFileSync(standin('CONFIG'), 'utf8'));
  Object.assign(config.keys, keys);
  fs.writeFileSync(standin('CONFIG'), JSON.stringify(config));
}

async function beside(setup, options) {
  const began = Date.now() / 1000;
  const told = await run(BESIDE, setup.env, options);
  for (const token of [told.cached, told.signed, told.theirs]) {
    assert.deepEqual(signedWith(token), expected(setup));
  }
  const life = told.end - began;
  const longest = setup.source === null ? 900 : SECONDS;
  assert.ok(life > longest - 30 && life <= longest + 30, `it lives ${life} s`);
  const signed = explain(told.cached).signedAt.getTime() / 1000;
  if (setup.source !== null) assert.ok(told.end < signed + SECONDS + 1);
  await logIn(told.signed);
}

test('each source beside the JS SDK', { concurrency: 3 }, async (t) => {
  const served = await emulator(t, SECONDS);
  introduce(served.verifier_keys);
  const setups = Object.entries(served.setups);
  assert.ok(setups.length >= 15);
  await Promise.all(
    setups.flatMap(([name, setup]) => {
      const { profile } = setup;
      const { AWS_PROFILE: _, ...unnamed } = setup.env;
      const byVariable = profile ? { ...setup.env, AWS_PROFILE: profile } : setup.env;
      const cases = [t.test(name, () => beside({ ...setup, env: byVariable }, LOGIN))];
      if (profile && name !== 'sso-refresh') {
        const named = () => beside({ ...setup, env: unnamed }, { ...LOGIN, profile });
        cases.push(t.test(`${name}, the profile as an option`, named));
      }
      return cases;
    }),
  );
});

const PROVIDER = 'ERR_RDSIAM_CREDENTIALS_PROVIDER';
const TIMEOUT = 'ERR_RDSIAM_TIMEOUT';
const EXPIRED = 'ERR_RDSIAM_CREDENTIALS_EXPIRED';
const MISBEHAVING = [
  ['role-of-profile', 'hang', TIMEOUT],
  ['container-token', 'hang', TIMEOUT],
  ['profile-process', 'hang', TIMEOUT],
  ['role-of-profile', 'status:403', PROVIDER],
  ['web-identity', 'not-json', PROVIDER],
  ['web-identity', 'throttle', PROVIDER],
  ['container-token', 'expired', EXPIRED],
  ['container-token', 'not-json', PROVIDER],
  ['container-token', 'reset', PROVIDER],
  ['container-token', 'odd', null],
  ['profile-process', 'half', PROVIDER],
  ['profile-process', 'soon', null],
  ['sso-session', 'truncated', PROVIDER],
  ['sso-session', 'huge', null],
  ['instance', 'status:500', PROVIDER],
  ['instance', 'slow', null],
];

async function misbehave(t, name, mode, code) {
  const served = await emulator(t);
  const setup = served.setups[name];
  await control(served, setup.source, mode);
  const { first, second, longest } = await run(TWICE, setup.env, { ...LOGIN, url: served.url });
  assert.ok(first.seconds < BOUND, `it took ${first.seconds} s`);
  assert.ok(longest < 1000, `the event loop stood still for ${longest} ms`);
  assert.equal(first.code ?? null, code, first.message);
  if (code === null) {
    assert.equal(signedWith(first.token).key, setup.access_key_id);
    assert.ok(first.end - Date.now() / 1000 <= (mode === 'soon' ? 60 : 900));
  } else {
    assert.equal(first.name, 'RdsIamError');
    assert.ok(!first.message.includes(setup.secret_access_key));
    assert.ok(!first.message.includes(setup.session_token.slice(0, 24)));
  }
  assert.equal(second.code, undefined, second.message);
  assert.deepEqual(signedWith(second.token), expected(setup));
}

test('sources that misbehave', { concurrency: 6 }, async (t) => {
  await Promise.all(
    MISBEHAVING.map(([name, mode, code]) =>
      t.test(`${name}: ${mode}`, (t) => misbehave(t, name, mode, code)),
    ),
  );
});
