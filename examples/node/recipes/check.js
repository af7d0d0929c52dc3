'use strict';

// Runs each recipe against the database that the environment names.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { readFileSync } = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { Client } = require('pg');
const { Pool } = require('rdsiam/pg');
const options = require('./options.js');

const TABLES = ['knex_item', 'sequelize_item', 'drizzle_item'].map((name) => `recipe_${name}`);

function tool(name, file, ...args) {
  const program = path.join(__dirname, 'node_modules', name, file);
  execFileSync(process.execPath, [program, ...args], { cwd: __dirname, stdio: 'pipe' });
}

async function exists(table) {
  const pool = new Pool({ ...options, max: 1 });
  const { rows } = await pool.query('select to_regclass($1) as found', [table]);
  await pool.end();
  return rows[0].found !== null;
}

test('none of the tables is there yet', async () => {
  for (const table of TABLES) assert.equal(await exists(table), false, table);
});

test('knexfile', async () => {
  tool('knex', 'bin/cli.js', 'migrate:latest');
  assert.ok(await exists('recipe_knex_item'));
  tool('knex', 'bin/cli.js', 'migrate:rollback');
});

test('sequelize-cli', async () => {
  const args = ['--config', 'sequelize-config.js', '--migrations-path', 'sequelize-migrations'];
  tool('sequelize-cli', 'lib/sequelize', 'db:migrate', ...args);
  assert.ok(await exists('recipe_sequelize_item'));
  tool('sequelize-cli', 'lib/sequelize', 'db:migrate:undo', ...args);
});

test('drizzle-kit', async () => {
  tool('drizzle-kit', 'bin.cjs', 'push', '--config', 'drizzle.config.js', '--force');
  assert.ok(await exists('recipe_drizzle_item'));
});

// Prisma's engine for migrations comes from no registry. So this asks Prisma for what the engine would be
// given, and logs in with it.
test('prisma.config.mjs', async () => {
  tool('prisma', 'build/index.js', 'validate');
  const { loadConfigFromFile } = require('@prisma/config');
  const { config, error } = await loadConfigFromFile({ configRoot: __dirname });
  assert.equal(error, undefined);
  const url = new URL(config.datasource.url);
  const { sslmode, sslaccept, sslcert } = Object.fromEntries(url.searchParams);
  assert.deepEqual([sslmode, sslaccept, sslcert], ['require', 'strict', options.ca]);
  const client = new Client({
    host: url.hostname,
    port: url.port,
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: url.pathname.slice(1),
    ssl: { ca: readFileSync(sslcert) },
  });
  await client.connect();
  const { rows } = await client.query('select current_user as name');
  assert.equal(rows[0].name, options.user);
  await client.end();
});

test('middy and Powertools', async () => {
  const { handler, close } = require('./middy.js');
  for (let turn = 0; turn < 2; turn += 1) assert.equal(await handler({}, {}), options.user);
  await close();
});

test('NestJS with TypeORM', async () => {
  const { app, database } = await require('./nest.js').start();
  const [{ name }] = await database.query('select current_user as name');
  assert.equal(name, options.user);
  await app.close();
});

test('MikroORM', async () => {
  const orm = await require('./mikro-orm.js').open({
    discovery: { warnWhenNoEntities: false },
    entities: [],
  });
  const [{ name }] = await orm.em.getConnection().execute('select current_user as name');
  assert.equal(name, options.user);
  await orm.close();
});
