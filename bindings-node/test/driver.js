'use strict';

// A client of the Node binding that does what its standard input says, for tests that look at it from
// outside. Each line is answered with one of JSON; tests/tools/driver.py says what there is.

const fs = require('node:fs');
const readline = require('node:readline');
const { Signer, TokenCache } = require('..');

const [hostname, port, username, region, source, input = '{}'] = process.argv.slice(2);

// A provider that gives what it was told to, by whether newer ones are wanted.
const replies = new Map();
let asked = [];
async function provider(options) {
  const forced = options?.forceRefresh === true;
  asked.push(forced);
  const reply = replies.get(forced);
  if (reply === undefined) throw new Error('as the test asked');
  return reply;
}

function give(kind, accessKeyId, secretAccessKey, session, end) {
  const reply = {
    accessKeyId,
    secretAccessKey,
    sessionToken: session === '-' ? undefined : session,
    expiration: Number(end) ? new Date(Number(end) * 1000) : undefined,
  };
  replies.set(kind === 'forced', accessKeyId === 'fail' ? undefined : reply);
}

const [kind, name] = source.split('=');
const origins = {
  default: () => ({}),
  profile: () => ({ profile: name }),
  provider: () => ({ credentials: provider }),
  keys: () => {
    const [accessKeyId, secretAccessKey, end] = name.split(',');
    const expiration = new Date(Number(end) * 1000);
    return { credentials: { accessKeyId, secretAccessKey, expiration } };
  },
  // A provider of the SDK.
  sdk: () => ({
    credentials: require('@aws-sdk/credential-providers')[name](JSON.parse(input)),
  }),
};
const options = { hostname, port: Number(port), username, region, ...origins[kind]() };
const cache = new TokenCache(options);
const signer = new Signer(options);

async function timed(call) {
  const began = performance.now();
  let turn = began;
  let stalled = 0;
  const look = () => {
    stalled = Math.max(stalled, performance.now() - turn);
    turn = performance.now();
  };
  const ticking = setInterval(look, 10);
  const told = await call().catch(({ name, code, retryable, message }) => {
    return { kind: name, code, retryable, message };
  });
  look();
  clearInterval(ticking);
  return { ...told, seconds: (performance.now() - began) / 1000, stalled: stalled / 1000 };
}

const got = ({ token, expiresAt }) => ({ token, expires_at: expiresAt.getTime() / 1000 });
const signed = (token) => ({ token, expires_at: null });
const entries = (kind) => fs.readdirSync(`/proc/self/${kind}`).length;

const commands = {
  get: () => timed(() => cache.get().then(got)),
  text: () => timed(() => cache.getToken().then(signed)),
  now: () => timed(async () => signed(cache.getTokenSync())),
  sign: () => timed(() => signer.getAuthToken().then(signed)),
  // A token of the JS SDK, by the same source.
  peer: () => {
    const { Signer: Peer } = require('@aws-sdk/rds-signer');
    return timed(() => new Peer(options).getAuthToken().then(signed));
  },
  invalidate: () => cache.invalidate(),
  set: (assignment) => {
    const at = assignment.indexOf('=');
    process.env[assignment.slice(0, at)] = assignment.slice(at + 1);
  },
  give,
  asked: () => {
    const told = { asked };
    asked = [];
    return told;
  },
  held: () => ({ held: [entries('fd'), entries('task')] }),
};

async function main() {
  // Node's own pool of threads, which stays for good, begins with its first use.
  await fs.promises.stat('.');
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [command, ...words] = line.trim().split(' ');
    const told = (await commands[command](...words)) ?? {};
    await new Promise((resolve) => process.stdout.write(`${JSON.stringify(told)}\n`, resolve));
  }
}

main();
