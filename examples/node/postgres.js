// Logs in to PostgreSQL with a token, and once more with a new one if the first was refused.
//
// DB_HOST=... DB_PORT=5432 DB_USER=app DB_NAME=app DB_CA=global-bundle.pem node postgres.js
'use strict';

const { readFileSync } = require('node:fs');
const { Client } = require('pg');
const { TokenCache } = require('rdsiam');

const { DB_HOST, DB_PORT, DB_USER, DB_NAME, DB_CA } = process.env;
const cache = new TokenCache({ hostname: DB_HOST, port: Number(DB_PORT), username: DB_USER });

async function connect() {
  const client = new Client({
    host: DB_HOST,
    port: Number(DB_PORT),
    user: DB_USER,
    database: DB_NAME,
    password: () => cache.getToken(),
    ssl: { ca: readFileSync(DB_CA, 'utf8') },
  });
  await client.connect();
  return client;
}

async function connectOrRenew() {
  try {
    return await connect();
  } catch {
    // The role may have changed since the token was made: not again with the same one.
    cache.invalidate();
    return connect();
  }
}

async function main() {
  const client = await connectOrRenew();
  const { rows } = await client.query('SELECT current_user');
  console.log('logged in as', rows[0].current_user);
  await client.end();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
