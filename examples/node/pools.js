// A pool that asks for a token at each new connection, over TLS that is verified, and tries once
// more with a new token if one from the cache is refused.
//
// DB_ENGINE=postgres DB_HOST=... DB_PORT=5432 DB_USER=app DB_NAME=app DB_CA=... node pools.js
'use strict';

const { DB_ENGINE = 'postgres', DB_HOST, DB_PORT, DB_USER, DB_NAME, DB_CA } = process.env;
const options = {
  host: DB_HOST,
  port: Number(DB_PORT),
  user: DB_USER,
  database: DB_NAME,
  ca: DB_CA,
};

async function postgres() {
  const { Pool } = require('rdsiam/pg');
  const pool = new Pool(options);
  const { rows } = await pool.query('SELECT current_user AS name');
  await pool.end();
  return rows[0].name;
}

async function mysql() {
  const { createPool } = require('rdsiam/mysql2');
  const pool = createPool(options).promise();
  const [rows] = await pool.query('SELECT current_user() AS name');
  await pool.end();
  return rows[0].name;
}

async function main() {
  console.log('logged in as', await (DB_ENGINE === 'mysql' ? mysql() : postgres()));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
