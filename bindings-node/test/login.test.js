'use strict';

// Real logins, at the stand-in for RDS: `tests/standin/standin run -- npm test`.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { test } = require('node:test');
require('./support.js');
const { Signer, TokenCache } = require('..');

const NAMES = [
  'HOST',
  'PORT',
  'HOSTADDR',
  'CA',
  'USER',
  'ODD_USER',
  'DB',
  'REGION',
  'ACCESS_KEY_ID',
  'SECRET_ACCESS_KEY',
];
const missing = NAMES.filter((name) => !process.env[`STANDIN_${name}`]);
const required = process.env.RDSIAM_REQUIRE_STANDIN === '1';
const skip = missing.length > 0 && !required ? 'no stand-in is running' : false;

const standin = (name) => process.env[`STANDIN_${name}`];

const options = () => ({
  hostname: standin('HOST'),
  port: standin('PORT'),
  username: standin('USER'),
  region: standin('REGION'),
  credentials: {
    accessKeyId: standin('ACCESS_KEY_ID'),
    secretAccessKey: standin('SECRET_ACCESS_KEY'),
    sessionToken: standin('SESSION_TOKEN'),
  },
});

async function login(password, user = standin('USER')) {
  const { Client } = require('pg');
  const client = new Client({
    host: standin('HOSTADDR'),
    port: Number(standin('PORT')),
    user,
    database: standin('DB'),
    password,
    ssl: { ca: fs.readFileSync(standin('CA'), 'utf8'), servername: standin('HOST') },
  });
  await client.connect();
  try {
    const { rows } = await client.query('select 1 as one');
    return rows[0].one;
  } finally {
    await client.end();
  }
}

test('a login with a token from the cache', { skip }, async () => {
  assert.deepEqual(missing, []);
  const cache = new TokenCache(options());
  assert.equal(Number(await login(() => cache.getToken())), 1);
  assert.equal(Number(await login(() => cache.getToken())), 1);
  assert.equal(cache.stats().signatures, 1);
});

test('a login with a token from the signer', { skip }, async () => {
  assert.deepEqual(missing, []);
  const signer = new Signer(options());
  assert.equal(Number(await login(() => signer.getAuthToken())), 1);
});

test('a login by a user whose name has to be encoded', { skip }, async () => {
  assert.deepEqual(missing, []);
  const username = standin('ODD_USER');
  const cache = new TokenCache({ ...options(), username });
  assert.equal(Number(await login(() => cache.getToken(), username)), 1);
});

test('a token that was tampered with is refused', { skip }, async () => {
  assert.deepEqual(missing, []);
  const token = await new Signer(options()).getAuthToken();
  const changed = token.replace(
    /(X-Amz-Signature=.{63})(.)/,
    (_, head, last) => head + (last === '0' ? '1' : '0'),
  );
  assert.notEqual(changed, token);
  await assert.rejects(login(changed), /authentication failed/);
});
