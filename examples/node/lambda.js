// A Lambda that asks the database for the time.
//
// Cache and pool live outside of the handler, so that a warm start uses them again. The answer
// of a failure has no detail: the text of an error may tell a host name to the world.
'use strict';

const { readFileSync } = require('node:fs');
const { Pool } = require('pg');
const { TokenCache } = require('rdsiam');

const { DB_HOST, DB_PORT = '5432', DB_USER, DB_NAME, DB_CA = 'global-bundle.pem' } = process.env;
const cache = new TokenCache({ hostname: DB_HOST, port: Number(DB_PORT), username: DB_USER });
const pool = new Pool({
  host: DB_HOST,
  port: Number(DB_PORT),
  user: DB_USER,
  database: DB_NAME,
  password: () => cache.getToken(),
  ssl: { ca: readFileSync(DB_CA, 'utf8') },
  max: 1,
  connectionTimeoutMillis: 5000,
  allowExitOnIdle: true,
});

exports.handler = async () => {
  try {
    const { rows } = await pool.query('SELECT current_user AS user, now()::text AS now');
    return { statusCode: 200, body: JSON.stringify(rows[0]) };
  } catch (error) {
    console.error('the database could not be asked', error);
    return { statusCode: 500, body: JSON.stringify({ error: 'database unavailable' }) };
  }
};
