'use strict';

// Whose environment signs: that of the caller, in workers, test runners and other runtimes too. Each
// tenant signs beside the SDK in the same place, and logs in if a stand-in runs.

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { test } = require('node:test');
const { promisify } = require('node:util');
const { SHARE_ENV, Worker } = require('node:worker_threads');
const { PACKAGE, temporary } = require('./support.js');
const { Signer, TokenCache } = require('..');
const {
  LOGIN,
  TENANTS,
  become,
  cleared,
  signer,
  writeProfiles,
} = require('./environment/tenant.js');

const FOLDER = path.join(__dirname, 'environment');
const KEYS = Object.fromEntries(
  Object.entries(TENANTS).map(([name, tenant]) => [name, tenant.AWS_ACCESS_KEY_ID]),
);

// This thread is neither tenant.
const MAIN = { AWS_ACCESS_KEY_ID: 'AKIDMAIN', AWS_SECRET_ACCESS_KEY: 'SECRETMAIN' };
Object.assign(process.env, MAIN);

test('a stand-in runs where one is required', () => {
  const required = process.env.RDSIAM_REQUIRE_STANDIN === '1';
  assert.ok(!required || process.env.STANDIN_CONFIG !== undefined);
});

const envOf = (tenant, more) => ({ ...cleared(), ...TENANTS[tenant], ...more });

function answer(file, options) {
  const worker = new Worker(path.join(FOLDER, file), options);
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

// A program of another process, which belongs to no tenant unless it is told so.
async function output(program, args, options) {
  const { stdout, stderr } = await promisify(execFile)(program, args, {
    cwd: PACKAGE,
    env: cleared(),
    timeout: 120_000,
    ...options,
  });
  return stdout + stderr;
}

async function mainSignsAs(key) {
  const tokens = [await new Signer(LOGIN).getAuthToken(), new TokenCache(LOGIN).getTokenSync()];
  assert.deepEqual(tokens.map(signer), [key, key]);
}

test('two workers with environments of their own each sign as themselves', async () => {
  const work = (...tenants) => answer('worker.js', { env: envOf(tenants[0]), workerData: tenants });
  const both = await Promise.all([work('one', 'two', 'one'), work('two', 'one')]);
  assert.deepEqual(both, [
    [KEYS.one, KEYS.two, KEYS.one],
    [KEYS.two, KEYS.one],
  ]);
  await mainSignsAs('AKIDMAIN');
});

test('a worker inherits a copy of the environment', async (t) => {
  t.after(() => Object.assign(process.env, MAIN));
  become('one');
  assert.deepEqual(await answer('worker.js', { workerData: ['one', 'two'] }), [KEYS.one, KEYS.two]);
  await mainSignsAs(KEYS.one);
});

test('a worker that shares the environment changes that of all', async (t) => {
  t.after(() => become('one'));
  t.after(() => Object.assign(process.env, MAIN));
  become('one');
  const options = { env: SHARE_ENV, workerData: ['one', 'two'] };
  assert.deepEqual(await answer('worker.js', options), [KEYS.one, KEYS.two]);
  await mainSignsAs(KEYS.two);
});

test('profile, home, region and what a credential_process sees are those of the worker', async (t) => {
  const home = temporary(t);
  const folder = path.join(home, '.aws');
  fs.mkdirSync(folder);
  const helper = path.join(folder, 'helper.sh');
  const answered = '{"Version": 1, "AccessKeyId": "AKID%s", "SecretAccessKey": "S"}';
  fs.writeFileSync(helper, `printf '${answered}' "$TENANT"\n`);
  fs.writeFileSync(
    path.join(folder, 'config'),
    `[profile of-file]
aws_access_key_id = AKIDFILE
aws_secret_access_key = SECRETFILE
region = eu-west-3
[profile of-process]
credential_process = sh ${helper}
`,
  );
  const own = { PATH: process.env.PATH, HOME: home };
  const whole = (env) => answer('whole.js', { env: { ...own, ...env } });
  const three = (...scope) => [scope, scope, scope];
  assert.deepEqual(await whole({ AWS_PROFILE: 'of-file' }), three('AKIDFILE', 'eu-west-3'));
  const ofProcess = (tenant) => ({
    AWS_PROFILE: 'of-process',
    AWS_REGION: 'eu-north-1',
    TENANT: tenant,
  });
  const found = await Promise.all([whole(ofProcess('ONE')), whole(ofProcess('TWO'))]);
  assert.deepEqual(found, [three('AKIDONE', 'eu-north-1'), three('AKIDTWO', 'eu-north-1')]);
});

for (const when of ['late', 'early']) {
  test(`process.env that is replaced is the one that signs, ${when}`, async () => {
    assert.equal(await output(process.execPath, [path.join(FOLDER, 'change.js'), when]), 'done');
  });
}

const withProfiles = (t) => ({
  ...cleared(),
  ...MAIN,
  ...writeProfiles(temporary(t)),
  NO_COLOR: '1',
});

const script = (name) => path.join(PACKAGE, 'node_modules', name);

for (const flags of [[], ['--runInBand']]) {
  test(`two files of jest each sign as themselves ${flags}`, async (t) => {
    const args = [script('jest/bin/jest.js'), '-c', path.join(FOLDER, 'jest.config.js'), ...flags];
    const text = await output(process.execPath, args, { env: withProfiles(t) });
    assert.match(text, /Tests: +5 passed, 5 total/);
  });
}

for (const pool of ['threads', 'vmThreads', 'forks']) {
  test(`two files of vitest each sign as themselves in ${pool}`, async (t) => {
    const args = [script('vitest/vitest.mjs'), 'run', '--root', FOLDER, '--pool', pool];
    const text = await output(process.execPath, args, {
      env: withProfiles(t),
    });
    assert.match(text, /Tests +4 passed \(4\)/);
  });
}

// A folder with the tenant's keys in `.env`.
function dotenv(t, tenant) {
  const folder = temporary(t);
  const lines = Object.entries(TENANTS[tenant]).map(([name, value]) => `${name}='${value}'\n`);
  fs.writeFileSync(path.join(folder, '.env'), lines.join(''));
  return folder;
}

test('what dotenv reads signs', async (t) => {
  const [one, two] = ['one', 'two'].map((tenant) => path.join(dotenv(t, tenant), '.env'));
  const file = path.join(FOLDER, 'dotenv.js');
  assert.equal(await output(process.execPath, [file, 'one', one]), KEYS.one);
  const worker = new Worker(file, { argv: ['two', two], env: cleared(), stdout: true });
  let text = '';
  for await (const chunk of worker.stdout) text += chunk;
  assert.equal(text, KEYS.two);
});

test('what Bun reads from .env signs', async (t) => {
  const options = { cwd: dotenv(t, 'two') };
  const bun = script('.bin/bun');
  assert.equal(await output(bun, [path.join(FOLDER, 'dotenv.js'), 'two'], options), KEYS.two);
});

test('node --use-env-proxy counts as the variable does', async (t) => {
  const seen = [];
  const proxy = net.createServer((socket) => {
    socket.once('data', (data) => {
      seen.push(String(data).split('\r\n')[0]);
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
    socket.on('error', () => {});
  });
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.after(() => proxy.close());
  const config = path.join(temporary(t), 'config');
  fs.writeFileSync(
    config,
    '[profile role]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base\n' +
      '[profile base]\naws_access_key_id = A\naws_secret_access_key = S\n',
  );
  const env = {
    ...cleared(),
    AWS_CONFIG_FILE: config,
    AWS_PROFILE: 'role',
    AWS_REGION: 'eu-west-1',
    HTTPS_PROXY: `http://127.0.0.1:${proxy.address().port}`,
  };
  // Node 20 does not know the option.
  const code = `process.execArgv.push('--use-env-proxy');
    const { Signer } = require(${JSON.stringify(PACKAGE)});
    new Signer(${JSON.stringify(LOGIN)}).getAuthToken().catch(() => process.stdout.write('failed'));`;
  assert.equal(await output(process.execPath, ['-e', code], { env }), 'failed');
  assert.match(seen[0], /^CONNECT sts\.eu-west-1\.amazonaws\.com:443 /);
});
