// Node's drivers against `rdsiam local`, with tokens of the AWS SDK for JavaScript. The packages are those
// of the working folder.

const { createRequire } = require('node:module');
const assert = require('node:assert');
const fs = require('node:fs');

const load = createRequire(`${process.cwd()}/`);
const { Client } = load('pg');
const postgres = load('postgres');
const mysql2 = load('mysql2/promise');
const mariadb = load('mariadb');
const { Signer } = load('@aws-sdk/rds-signer');
const all = JSON.parse(process.argv[2]);
const ca = fs.readFileSync(process.env.RDSIAM_LOCAL_CA, 'utf8');
const of = (engine) => all.find((one) => one.engine === engine);
async function sign(database) {
  const { host: hostname, sign_port: port, user: username } = database;
  return new Signer({ hostname, port, username }).getAuthToken();
}
const bad = (text) => text.slice(0, -1) + (text.endsWith('0') ? '1' : '0');
async function refused(work, words) {
  await assert.rejects(work, (error) => {
    assert.match(String(error.message), words);
    return true;
  });
}
async function pg(password) {
  const { host, port, user, database } = of('postgres');
  const client = new Client({ host, port, user, database, password, ssl: { ca } });
  await client.connect();
  await client.query('BEGIN');
  const { rows } = await client.query('SELECT current_user, $1::int AS n, 1 + 1 AS two', [7]);
  assert.deepStrictEqual(rows, [{ current_user: 'app', n: 7, two: 2 }]);
  await client.query('COMMIT');
  await client.end();
}
async function postgresJs(password) {
  const { host, port, user, database } = of('postgres');
  const sql = postgres({
    host,
    port,
    user,
    database,
    password,
    ssl: { ca },
    max: 1,
    fetch_types: false,
  });
  try {
    assert.deepStrictEqual(
      [...(await sql`SELECT current_user, ${'x'}::text AS x`)],
      [{ current_user: 'app', x: 'x' }],
    );
  } finally {
    await sql.end();
  }
}
async function my(password) {
  const { host, port, user, database } = of('mysql');
  const connection = await mysql2.createConnection({
    host,
    port,
    user,
    database,
    password,
    ssl: { ca, verifyIdentity: true },
    enableCleartextPlugin: true,
  });
  const [rows] = await connection.query('SELECT CURRENT_USER() AS user, 1 AS one');
  assert.deepStrictEqual(
    rows.map((row) => ({ ...row })),
    [{ user: 'app@%', one: 1 }],
  );
  const [prepared] = await connection.execute('SELECT ? AS x, 5 AS five', ['y']);
  assert.deepStrictEqual({ ...prepared[0] }, { x: 'y', five: 5 });
  await connection.ping();
  await connection.end();
}
async function maria(password) {
  const { host, port, user, database } = of('mysql');
  const connection = await mariadb.createConnection({
    host,
    port,
    user,
    database,
    password,
    ssl: { ca },
    connectTimeout: 5000,
  });
  const rows = await connection.query('SELECT 1 AS one');
  assert.equal(rows[0].one, 1n);
  await connection.end();
}
async function main() {
  for (const [engine, login, words] of [
    ['postgres', pg, /PAM authentication failed for user "app"/],
    ['postgres', postgresJs, /PAM authentication failed for user "app"/],
    ['mysql', my, /Access denied for user 'app'@/],
    ['mysql', maria, /Access denied for user 'app'@/],
  ]) {
    const token = await sign(of(engine));
    await login(token);
    await refused(() => login(bad(token)), words);
    process.stdout.write(`${login.name}\n`);
  }
}
main();
