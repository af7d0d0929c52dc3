'use strict';

// 50 loops that log in with tokens from ten caches, until the time is over. Prints one line of
// JSON. Its variables are those of run.py.

const fs = require('node:fs');
const { Client } = require('pg');
const { TokenCache, explain } = require('rdsiam');

const { STANDIN_HOST: HOST, STANDIN_PORT: PORT, STANDIN_USER: USER } = process.env;
const END = Number(process.env.ENDURANCE_END) * 1000;
const PAUSE = Number(process.env.ENDURANCE_PAUSE) * 1000;
const ca = fs.readFileSync(process.env.STANDIN_CA, 'utf8');

const counts = { logins: 0, refused: 0, other: 0, no_token: 0, calls: 0, failed: 0 };
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const pause = () => sleep(Math.random() * 2 * PAUSE);

async function credentials() {
  counts.calls += 1;
  const call = counts.calls;
  await sleep(50 + Math.random() * 450);
  if (call % 5 === 0) {
    counts.failed += 1;
    throw new Error('injected');
  }
  const text = await fs.promises.readFile(process.env.ENDURANCE_KEYS, 'ascii');
  const [accessKeyId, secretAccessKey, sessionToken, end] = text.trim().split(' ');
  return { accessKeyId, secretAccessKey, sessionToken, expiration: new Date(Number(end) * 1000) };
}

async function logIn(password) {
  const client = new Client({
    host: process.env.STANDIN_HOSTADDR,
    port: Number(PORT),
    user: USER,
    database: process.env.STANDIN_DB,
    password,
    ssl: { ca, servername: HOST },
    connectionTimeoutMillis: 60_000,
  });
  const began = Date.now();
  try {
    await client.connect();
    await client.query('select 1');
    counts.logins += 1;
  } catch (error) {
    counts[/authentication failed/.test(error.message) ? 'refused' : 'other'] += 1;
    const seconds = (Date.now() - began) / 1000;
    process.stdout.write(`node: after ${seconds} s: ${error.message} ${explain(password)}\n`);
  }
  await client.end().catch(() => {});
}

async function work(cache) {
  await pause();
  while (Date.now() < END) {
    let token;
    try {
      for (let call = 0; call < 50; call += 1) token = await cache.getToken();
    } catch (error) {
      if (!/^ERR_RDSIAM_(CREDENTIALS|TIMEOUT)/.test(error.code)) throw error;
      counts.no_token += 1;
      await sleep(1000);
      continue;
    }
    await logIn(token);
    await pause();
  }
}

async function main() {
  const login = { hostname: HOST, port: PORT, username: USER, credentials };
  const caches = Array.from({ length: 10 }, () => new TokenCache(login));
  const threads = Number(process.env.ENDURANCE_THREADS);
  await Promise.all(Array.from({ length: threads }, (_, n) => work(caches[n % 10])));
  const stats = caches.map((cache) => cache.stats());
  const sum = (name) => stats.reduce((total, one) => total + one[name], 0);
  counts.refreshes = sum('refreshes');
  counts.refresh_failures = sum('refreshFailures');
  counts.hits = sum('hits');
  process.stdout.write(`${JSON.stringify(counts)}\n`);
}

main();
