// An ES module: one connection of a pool, whose tokens and TLS are rdsiam's.
//
// DB_HOST=... DB_PORT=5432 DB_USER=app DB_NAME=app DB_CA=global-bundle.pem node postgres.mjs

import { RdsIamError } from 'rdsiam';
import { Pool } from 'rdsiam/pg';

const { DB_HOST, DB_PORT, DB_USER, DB_NAME, DB_CA } = process.env;
const pool = new Pool({
  host: DB_HOST,
  port: Number(DB_PORT),
  user: DB_USER,
  database: DB_NAME,
  ca: DB_CA,
  max: 4,
});

try {
  const { rows } = await pool.query('SELECT current_user');
  console.log('logged in as', rows[0].current_user);
} catch (error) {
  // What the driver throws has the error of rdsiam as its cause, if there was no token.
  const cause = error.cause ?? error;
  console.error(cause instanceof RdsIamError ? `${cause.code}: ${cause.message}` : error);
  process.exitCode = 1;
} finally {
  await pool.end();
}
