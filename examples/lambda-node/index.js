// A Lambda that asks the database for the time. Its environment: DB_HOST, DB_NAME, DB_USER,
// DB_PORT; AWS_REGION is there in any case.
//
// The pool, and the cache of the token in it, live outside of the handler, so that a warm start
// uses them again. The answer of a failure has no detail: the text of an error may tell a host
// name to the world.
'use strict';

const { Pool } = require('rdsiam/pg');

const { DB_HOST, DB_PORT = '5432', DB_USER, DB_NAME, DB_CA } = process.env;
const pool = new Pool({
  host: DB_HOST,
  port: Number(DB_PORT),
  user: DB_USER,
  database: DB_NAME,
  ca: DB_CA ?? 'global-bundle.pem',
  max: 1,
  connectionTimeoutMillis: 5000,
  allowExitOnIdle: true,
});
// The server may close a connection while the environment is frozen.
pool.on('error', (error) => console.error('an idle connection ended', error.code));

exports.handler = async () => {
  try {
    const { rows } = await pool.query('SELECT current_user AS user, now()::text AS now');
    return { statusCode: 200, body: JSON.stringify(rows[0]) };
  } catch (error) {
    console.error('the database could not be asked', error);
    return { statusCode: 500, body: JSON.stringify({ error: 'database unavailable' }) };
  }
};
