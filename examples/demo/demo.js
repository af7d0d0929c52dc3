// The demo in Node: makes a token, and logs in with it through pg. See run.sh.
'use strict';

const { performance } = require('node:perf_hooks');

const started = performance.now();
const { RdsIamError, TokenCache } = require('rdsiam');

const required = performance.now();
const setting = (name) => process.env[`DEMO_${name}`] ?? '';

function client(password) {
  const { Client } = require('pg');
  const ca = require('node:fs').readFileSync(setting('CA'), 'utf8');
  return new Client({
    host: setting('HOSTADDR'),
    port: Number(setting('PORT')),
    user: setting('USER'),
    database: setting('DB'),
    ssl: { ca, servername: setting('HOST') },
    password,
  });
}

async function logIn(token) {
  const connection = client(token);
  await connection.connect();
  const tls = connection.connection.stream.getProtocol();
  const { rows } = await connection.query('SELECT current_user');
  await connection.end();
  const tampered = token.replace(/X-Amz-Signature=./, (text) =>
    text.endsWith('0') ? 'X-Amz-Signature=1' : 'X-Amz-Signature=0',
  );
  try {
    await client(tampered).connect();
  } catch {
    return ` | logged in as ${rows[0].current_user} over ${tls} | tampered token refused`;
  }
  throw new Error('the tampered token was accepted');
}

async function main() {
  const before = performance.now();
  const cache = new TokenCache({
    hostname: setting('HOST'),
    port: Number(setting('PORT')),
    username: setting('USER'),
  });
  const token = await cache.getToken();
  const made = performance.now() - before;
  const beforeHits = performance.now();
  for (let i = 0; i < 1000; i++) cache.getTokenSync();
  const hit = performance.now() - beforeHits;

  const mode = setting('MODE');
  if (mode === 'token') {
    console.log(token);
    return;
  }
  const login = mode === 'login' ? await logIn(token) : '';
  console.log(
    `Node   | token of ${token.length} bytes in ${(made * 1e3).toFixed(0)} us` +
      ` (require ${(required - started).toFixed(1)} ms)${login}` +
      ` | hit from the cache in ${hit.toFixed(2)} us`,
  );
}

main().catch((error) => {
  console.error(error instanceof RdsIamError ? `${error.code}: ${error.message}` : error);
  process.exitCode = 1;
});
