'use strict';

// What the tests share. Requiring it shuts out the AWS set-up of the machine.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

for (const name of Object.keys(process.env)) {
  if (name.startsWith('AWS_')) delete process.env[name];
}
process.env.AWS_EC2_METADATA_DISABLED = 'true';
process.env.AWS_CONFIG_FILE = '/nonexistent/config';
process.env.AWS_SHARED_CREDENTIALS_FILE = '/nonexistent/credentials';

const PACKAGE = path.join(__dirname, '..');
const HOST = 'mydb.abc123.us-east-1.rds.amazonaws.com';
const LOGIN = Object.freeze({ hostname: HOST, port: 5432, username: 'app' });
const KEYS = Object.freeze({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'SECRETKEYEXAMPLE' });

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// Until it holds, however busy the machine is.
async function until(holds) {
  for (const end = Date.now() + 10_000; !holds() && Date.now() < end; ) await sleep(5);
}

// Credentials that end so many seconds from now.
const ending = (seconds, keys = KEYS) => ({
  ...keys,
  expiration: new Date(Date.now() + seconds * 1000),
});

function vectors(name) {
  const file = path.join(PACKAGE, '..', 'tests', 'vectors', name);
  return JSON.parse(fs.readFileSync(file, 'utf8'));
}

function temporary(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rdsiam-node-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

// Sets variables for one test.
function environment(t, variables) {
  for (const [name, value] of Object.entries(variables)) {
    const before = process.env[name];
    process.env[name] = value;
    t.after(() => {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    });
  }
}

// A config file with these lines.
function configFile(t, text) {
  const file = path.join(temporary(t), 'config');
  fs.writeFileSync(file, text);
  environment(t, { AWS_CONFIG_FILE: file });
  return file;
}

// A profile whose credentials take this long, in seconds, to come from a process.
function slowProfile(t, seconds) {
  const answer = path.join(temporary(t), 'answer.json');
  fs.writeFileSync(
    answer,
    JSON.stringify({ Version: 1, AccessKeyId: 'AKIDSLOW', SecretAccessKey: 'SECRETSLOW' }),
  );
  const command = `sh -c "sleep ${seconds}; cat ${answer}"`;
  configFile(t, `[profile slow]\ncredential_process = ${command}\n`);
  return 'slow';
}

function run(args, options = {}) {
  const done = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000, ...options });
  assert.equal(done.signal, null, done.stderr);
  return done;
}

// What the package shares among its files.
const core = () => require('..').Signer[Symbol.for('rdsiam.internal')]();

// Signs at a given second. Not public: for the known answers.
function signAt(input) {
  const { native, optionalText, port, settle, text } = core();
  const { optionalSeconds } = require('../dist/more.js');
  const target = settle(
    native.createTarget(
      text('host', input.host),
      port(input.port),
      text('user', input.user),
      optionalText('region', input.region),
    ),
  );
  const credentials = settle(
    native.createCredentials(
      input.access_key_id,
      input.secret_access_key,
      input.session_token ?? undefined,
    ),
  );
  const expires = optionalSeconds('expires', input.expires);
  return settle(native.signAt(credentials, target, input.unix_time, expires));
}

// The second in a token's X-Amz-Date.
function signedAt(token) {
  const [, y, mo, d, h, mi, s] = /X-Amz-Date=(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(token);
  return Date.UTC(y, mo - 1, d, h, mi, s) / 1000;
}

module.exports = {
  HOST,
  KEYS,
  LOGIN,
  PACKAGE,
  configFile,
  core,
  ending,
  environment,
  run,
  signAt,
  signedAt,
  sleep,
  slowProfile,
  temporary,
  until,
  vectors,
};
