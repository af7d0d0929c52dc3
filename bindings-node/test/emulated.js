'use strict';

// What the tests share that need other processes: the emulator of tests/emulator, the driver
// beside this file, and the stand-in for RDS, if one runs.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const readline = require('node:readline');
const { HOST, PACKAGE, signedAt } = require('./support.js');
const { explain } = require('..');

const EMULATOR = path.join(PACKAGE, '..', 'tests', 'emulator', 'emulator.py');
// A driver that hangs is ended after so long, and so fails its test.
const LONGEST = 60_000;

const standin = (name) => process.env[`STANDIN_${name}`];
const STANDIN = Boolean(standin('HOST')) || process.env.RDSIAM_REQUIRE_STANDIN === '1';

// Without what a machine may have set of its own.
const SET = /^AWS_|_PROXY$|^SSL_CERT_|^REQUESTS_CA_BUNDLE$|^NODE_EXTRA_CA_CERTS$/i;

function clean() {
  const kept = Object.entries(process.env).filter(([name]) => !SET.test(name));
  return Object.fromEntries(kept);
}

// A program that answers each line with one of JSON.
class Lines {
  #child;
  #ended;
  #lines;
  #errors = '';

  constructor(command, args, env, timeout) {
    this.#child = spawn(command, args, { env: { ...clean(), ...env }, timeout });
    this.#child.stderr.on('data', (data) => {
      this.#errors += data;
    });
    this.#child.stdin.on('error', () => {});
    this.#ended = new Promise((resolve) => this.#child.once('close', resolve));
    this.#lines = readline.createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async next() {
    const { value, done } = await this.#lines.next();
    if (done) assert.fail(`it ended with ${await this.#ended}: ${this.#errors}`);
    return JSON.parse(value);
  }

  ask(...words) {
    this.#child.stdin.write(`${words.join(' ')}\n`);
    return this.next();
  }

  async end() {
    this.#child.stdin.end();
    assert.equal(await this.#ended, 0, this.#errors);
  }
}

// driver.js, in a process and an environment of its own.
class Driver extends Lines {
  constructor(login, source, env, input = {}) {
    const args = [path.join(__dirname, 'driver.js'), ...login, source, JSON.stringify(input)];
    super(process.execPath, args, env, LONGEST);
  }
}

// Serves until the end of the test. `told` has its address and its set-ups.
class Emulator {
  told;
  #lines;

  static async start(t, seconds = 3600) {
    const served = new Emulator();
    const env = { EMULATOR_SECONDS: String(seconds) };
    served.#lines = new Lines('python3', [EMULATOR, '--network'], env);
    t.after(() => served.#lines.end());
    served.told = await served.#lines.next();
    return served;
  }

  // Good behaviour, and an empty log.
  clear() {
    return this.#post('/clear', {});
  }

  // And new homes.
  async renew() {
    await this.clear();
    this.told = await this.#lines.ask('');
  }

  control(source, mode, times = null) {
    return this.#post('/control', { source, mode, times });
  }

  async log() {
    const answer = await fetch(`${this.told.url}/requests`);
    return answer.json();
  }

  // Those that were answered with keys.
  async requests(source) {
    const log = await this.log();
    return log.filter((entry) => entry.source === source && 'access_key_id' in entry);
  }

  async #post(route, command) {
    const body = JSON.stringify(command);
    const answer = await fetch(this.told.url + route, { method: 'POST', body });
    assert.equal(answer.status, 200, await answer.text());
  }

  static async nobodyListens() {
    const server = net.createServer();
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address();
    await new Promise((resolve) => server.close(resolve));
    return `http://127.0.0.1:${port}`;
  }
}

// Host, port, user and region: where there is a stand-in, its own.
const LOGIN = STANDIN
  ? ['HOST', 'PORT', 'USER', 'REGION'].map(standin)
  : [HOST, '5432', 'app', 'us-east-1'];

// Temporary keys that it lets in.
const STANDIN_KEYS = Object.freeze({
  accessKeyId: standin('ACCESS_KEY_ID') ?? 'AKIDSTANDIN',
  secretAccessKey: standin('SECRET_ACCESS_KEY') ?? 'SECRETSTANDIN',
  sessionToken: standin('SESSION_TOKEN') ?? 'SESSIONSTANDIN',
});

// The keys that signed a token.
function signedWith(token) {
  const query = new URLSearchParams(token.slice(token.indexOf('?')));
  const key = query.get('X-Amz-Credential').split('/')[0];
  assert.equal(explain(token).accessKeyId, key);
  return { key, session: query.get('X-Amz-Security-Token') };
}

const keysOf = ({ access_key_id: key, session_token: session }) => ({ key, session });

// A token ends with its keys, or 15 minutes after its signing if that is sooner.
async function checkEnd({ token, expires_at: end }, served, source) {
  const latest = signedAt(token) + 900;
  const log = source === null ? [] : await served.requests(source);
  const ends = source === null ? [latest] : log.map((entry) => Math.min(entry.expires_at, latest));
  assert.ok(ends.includes(end), `it ends at ${end}, not at one of ${ends}`);
}

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

// The stand-in reads its keys at each login, and other test files add some at the same time: one
// writer at a time, and never half a file.
function introduce(keys) {
  if (!STANDIN) return;
  const file = standin('CONFIG');
  const [lock, next] = [`${file}.lock`, `${file}.next`];
  hold(lock);
  try {
    const config = JSON.parse(fs.readFileSync(file, 'utf8'));
    Object.assign(config.keys, keys);
    fs.writeFileSync(next, JSON.stringify(config));
    fs.renameSync(next, file);
  } finally {
    fs.unlinkSync(lock);
  }
}

// The lock names its process: one that a killed test left behind is taken over.
function hold(lock) {
  const deadline = Date.now() + 10_000;
  for (;;) {
    try {
      return fs.symlinkSync(String(process.pid), lock);
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const owner = ownerOf(lock);
    if (owner !== undefined && !runs(owner)) fs.rmSync(lock, { force: true });
    else if (Date.now() > deadline) throw new Error(`process ${owner} does not release ${lock}`);
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  }
}

function ownerOf(lock) {
  try {
    return Number(fs.readlinkSync(lock));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return undefined; // It was released.
  }
}

function runs(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code !== 'ESRCH';
  }
}

module.exports = {
  Driver,
  EMULATOR,
  Emulator,
  LOGIN,
  STANDIN,
  STANDIN_KEYS,
  checkEnd,
  introduce,
  keysOf,
  logIn,
  signedWith,
};
