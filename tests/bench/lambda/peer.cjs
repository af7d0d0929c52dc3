'use strict';

// examples/lambda-node with @aws-sdk/rds-signer in place of rdsiam, for the comparison.

const { readFileSync } = require('node:fs');
const { Signer } = require('@aws-sdk/rds-signer');
const { Pool } = require('pg');

const { DB_HOST, DB_PORT, DB_USER, DB_NAME, DB_CA, AWS_REGION } = process.env;
const signer = new Signer({
  hostname: DB_HOST,
  port: Number(DB_PORT),
  username: DB_USER,
  region: AWS_REGION,
});
const pool = new Pool({
  host: DB_HOST,
  port: Number(DB_PORT),
  user: DB_USER,
  database: DB_NAME,
  password: () => signer.getAuthToken(),
  ssl: { ca: readFileSync(DB_CA, 'utf8') },
  max: 1,
});

exports.handler = async () => {
  const { rows } = await pool.query('SELECT current_user AS user, now()::text AS now');
  return { statusCode: 200, body: JSON.stringify(rows[0]) };
};
