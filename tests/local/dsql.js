// A helper of rdsiam logs in to `rdsiam local` as a cluster of Aurora DSQL, with a token from its cache, and
// prints its user.

const { createRequire } = require('node:module');

const load = createRequire(`${process.cwd()}/`);
const [name, text] = process.argv.slice(2);
const { host: hostname, hostaddr: host, port, user, ca } = JSON.parse(text);

async function main() {
  const { TokenCache } = load('rdsiam');
  const cache = new TokenCache({ hostname, port, username: user });
  await cache.getToken();
  const settings = {
    host,
    port,
    signHost: hostname,
    user,
    database: 'postgres',
    ca,
    cache,
    max: 1,
  };
  if (name === 'pg') {
    const { Pool } = load('rdsiam/pg');
    const pool = new Pool(settings);
    const { rows } = await pool.query('SELECT current_user');
    process.stdout.write(`${rows[0].current_user}\n`);
    await pool.end();
  } else {
    const { postgres } = load('rdsiam/postgres');
    const sql = postgres({ ...settings, fetch_types: false });
    const [row] = await sql`SELECT current_user`;
    process.stdout.write(`${row.current_user}\n`);
    await sql.end();
  }
}

main();
