'use strict';

// The retry of a transaction after a conflict of Aurora DSQL.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { STANDIN } = require('./emulated.js');
const { isOccError, retrying, runTransaction } = require('rdsiam/dsql');

const withCode = (code) => Object.assign(new Error('conflict'), { code });

test('its subpath has the same names as an ES module', async () => {
  assert.deepEqual({ ...(await import('rdsiam/dsql')) }, { isOccError, retrying, runTransaction });
});

test('a conflict is told by its code, also where a framework wraps it', () => {
  for (const code of ['OC000', 'OC001', '40001']) {
    const error = withCode(code);
    for (const found of [
      error,
      { cause: error },
      { driverError: error },
      { cause: { original: error } },
    ]) {
      assert.ok(isOccError(found));
    }
  }
  const circular = {};
  circular.cause = circular;
  for (const other of [null, undefined, 'OC000', withCode('23505'), circular]) {
    assert.ok(!isOccError(other));
  }
});

test('only a conflict is tried again, and the last one is thrown', async () => {
  for (const [code, maxRetries, calls] of [
    ['OC000', undefined, 4],
    ['40001', 1, 2],
    ['40001', 0, 1],
    ['23505', 3, 1],
  ]) {
    let called = 0;
    const run = async () => {
      called += 1;
      throw withCode(code);
    };
    await assert.rejects(retrying(run, { maxRetries }), { code });
    assert.equal(called, calls);
  }
  assert.equal(await retrying(async () => 'done'), 'done');
});

test('pauses double up to their bound, with jitter', async (t) => {
  const pauses = [];
  t.mock.method(globalThis, 'setTimeout', (resolve, ms) => {
    pauses.push(ms);
    resolve();
  });
  const run = async () => {
    throw withCode('OC000');
  };
  const config = { maxRetries: 4, baseDelayMs: 10, maxDelayMs: 35 };
  await assert.rejects(retrying(run, { ...config, jitterFactor: 0 }));
  assert.deepEqual(pauses, [10, 20, 35, 35]);
  t.mock.method(Math, 'random', () => 0.5);
  await assert.rejects(retrying(run, { ...config, jitterFactor: 1 }));
  assert.deepEqual(pauses.slice(4), [15, 30, 52.5, 52.5]);
});

test('a wrong setting is named before anything runs', async () => {
  for (const config of [
    { maxRetries: -1 },
    { maxRetries: 1.5 },
    { maxRetries: 101 },
    { baseDelayMs: 0 },
    { maxDelayMs: 0.5 },
    { jitterFactor: 2 },
  ]) {
    const run = () => assert.fail('it ran');
    const message = new RegExp(`^${Object.keys(config)[0]} has to be `);
    await assert.rejects(retrying(run, config), { code: 'ERR_RDSIAM_INVALID_ARGUMENT', message });
  }
});

test('a connection that takes no ROLLBACK is not used again', async () => {
  const released = [];
  const client = {
    query: async (text) => {
      if (text !== 'BEGIN') throw new Error(`gone at ${text}`);
    },
    release: (isBroken) => released.push(isBroken),
  };
  const pool = { connect: async () => client };
  await assert.rejects(
    runTransaction(pool, async () => 1),
    /gone at COMMIT/,
  );
  assert.deepEqual(released, [true]);
});

const skip = STANDIN ? false : 'no stand-in is running';
const standin = (name) => process.env[`STANDIN_${name}`];

const settings = {
  host: standin('HOSTADDR'),
  port: Number(standin('PORT')),
  signHost: standin('DSQL_HOST'),
  user: standin('USER'),
  database: standin('DB'),
  ca: standin('CA'),
  credentials: {
    accessKeyId: standin('STATIC_ACCESS_KEY_ID'),
    secretAccessKey: standin('STATIC_SECRET_ACCESS_KEY'),
  },
  options: '-c default_transaction_isolation=repeatable\\ read',
  max: 2,
};

// PostgreSQL's own serialization failure has one of the three codes.
test('a transaction that lost a race is run again', { skip }, async () => {
  const { Pool } = require('rdsiam/pg');
  const pool = new Pool(settings);
  try {
    await pool.query('DROP TABLE IF EXISTS counted_by_node');
    await pool.query('CREATE TABLE counted_by_node (n int)');
    await pool.query('INSERT INTO counted_by_node VALUES (0)');
    const seen = [];
    const add = (loses) => async (client) => {
      const { rows } = await client.query('SELECT n FROM counted_by_node');
      seen.push(rows[0].n);
      if (loses()) await pool.query('UPDATE counted_by_node SET n = n + 10');
      await client.query('UPDATE counted_by_node SET n = n + 1');
      return rows[0].n;
    };
    assert.equal(
      await runTransaction(
        pool,
        add(() => seen.length === 1),
      ),
      10,
    );
    const { rows } = await pool.query('SELECT n FROM counted_by_node');
    assert.deepEqual([rows[0].n, seen], [11, [0, 10]]);
    // The last conflict is the caller's.
    seen.length = 0;
    const lost = runTransaction(
      pool,
      add(() => true),
      { maxRetries: 2 },
    );
    await assert.rejects(lost, { code: '40001' });
    assert.equal(seen.length, 3);
    assert.equal(pool.idleCount, pool.totalCount);
  } finally {
    await pool.query('DROP TABLE IF EXISTS counted_by_node');
    await pool.end();
  }
});

test('the withdrawal of the page is made', { skip }, async () => {
  const { Pool } = require('rdsiam/pg');
  const pool = new Pool(settings);
  try {
    await pool.query('DROP TABLE IF EXISTS accounts');
    await pool.query('CREATE TABLE accounts AS SELECT 1 AS id, 100 AS balance');
    const withdraw = async (client) => {
      await client.query('UPDATE accounts SET balance = balance - 10 WHERE id = 1');
    };
    await runTransaction(pool, withdraw);
    assert.equal((await pool.query('SELECT balance FROM accounts')).rows[0].balance, 90);
  } finally {
    await pool.query('DROP TABLE IF EXISTS accounts');
    await pool.end();
  }
});
