'use strict';

// Each driver behind its helper logs in to the stand-in for RDS.

const assert = require('node:assert/strict');
const { channel } = require('node:diagnostics_channel');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { monitorEventLoopDelay } = require('node:perf_hooks');
const { test } = require('node:test');
const { HOST, PACKAGE, sleep, slowProfile } = require('./support.js');
const { STANDIN, introduce } = require('./emulated.js');
const { BUNDLED, DRIVERS, REPLICATED, ROWS, TYPES } = require('./drivers.js');

const skip = STANDIN ? false : 'no stand-in is running';
const standin = (name) => process.env[`STANDIN_${name}`];

const STATIC = {
  accessKeyId: standin('STATIC_ACCESS_KEY_ID'),
  secretAccessKey: standin('STATIC_SECRET_ACCESS_KEY'),
};
// Makes tokens of about 1,900 bytes.
const LONG = {
  accessKeyId: 'ASIALONGSESSIONTOKEN',
  secretAccessKey: 'SECRETOFTHELONGSESSIONTOKEN',
  sessionToken: 'FwoGZXIvYXdzEJr+/='.repeat(64),
};
const UNKNOWN = { accessKeyId: 'AKIDUNKNOWN', secretAccessKey: 'SECRETUNKNOWN' };

function options(server, more) {
  const prefix = server === 'mariadb' ? 'MARIADB_' : '';
  return {
    host: standin('HOSTADDR'),
    port: Number(standin(`${prefix}PORT`)),
    signHost: standin(`${prefix}HOST`),
    signPort: Number(standin(`${prefix}PORT`)),
    user: standin('USER'),
    database: standin('DB'),
    ca: standin('CA'),
    credentials: STATIC,
    ...more,
  };
}

// A login costs the servers a process each, so few at a time; the waits in between overlap.
const TURNS = 3;
let running = 0;
const queue = [];

async function inTurn(work) {
  if (running === TURNS) await new Promise((resolve) => queue.push(resolve));
  else running += 1;
  try {
    return await work();
  } finally {
    const next = queue.shift();
    if (next === undefined) running -= 1;
    else next();
  }
}

// Ends a connection from outside, as a server does, so that the next question needs a new one.
async function end(server, id) {
  if (server === 'postgres') {
    const client = await require('rdsiam/pg').connect(options(server));
    await client.query('select pg_terminate_backend($1)', [id]);
    await client.end();
  } else {
    const connection = await require('rdsiam/mysql2').createConnection(options(server));
    // Unless it is closed already.
    await connection.query(`kill ${id}`).catch((error) => assert.equal(error.errno, 1094));
    await connection.end();
  }
  await sleep(50);
}

async function using(driver, more, work) {
  const opened = await driver.open(options(driver.server, more));
  const ask = () => inTurn(() => opened.ask());
  try {
    return await work({ ask });
  } finally {
    await opened.close();
  }
}

async function logsIn(driver, credentials, length) {
  const { TokenCache } = require('..');
  const { signHost: hostname, port, user: username } = options(driver.server);
  const cache = new TokenCache({ hostname, port, username, credentials });
  const bytes = cache.getTokenSync().length;
  assert.ok(Math.abs(bytes - length) < 40, `a token of ${bytes} bytes`);
  await using(driver, { credentials }, async ({ ask }) => {
    assert.equal((await ask()).name, standin('USER'));
  });
}

async function outlivesItsToken(driver) {
  let asked = 0;
  const credentials = async () => {
    asked += 1;
    return STATIC;
  };
  await using(driver, { credentials, expires: 6 }, async ({ ask }) => {
    const first = await ask();
    await sleep(6100);
    await inTurn(() => end(driver.server, first.id));
    const next = await ask();
    assert.notEqual(next.id, first.id);
    // The credentials of a pool still serve.
    assert.ok(asked <= 2);
  });
}

test('postgres.js: a connect_timeout of 0 is no limit', { skip }, async () => {
  const { postgres } = require('rdsiam/postgres');
  const sql = postgres({ ...options('postgres'), max: 1, connect_timeout: 0 });
  assert.equal((await sql`select 1 as one`)[0].one, 1);
  await sql.end();
});

// By the servers' own words, in the error or where an ORM keeps the driver's.
function isRefused(error) {
  const chain = [error, error.cause, error.parent].filter(Boolean);
  const texts = chain.map((one) => `${one.message} ${one.sqlMessage} ${JSON.stringify(one)}`);
  assert.match(texts.join(), /authentication failed|Access denied|28000/);
  return true;
}

// Keys that the servers know by another secret from now on.
let rotated = 0;
function rotating() {
  rotated += 1;
  const accessKeyId = `AKIDROTATING${rotated}`;
  let turn = 0;
  return () => {
    turn += 1;
    const secretAccessKey = `SECRET${turn}`;
    introduce({ [accessKeyId]: { secret: secretAccessKey, session_token: null } });
    return { accessKeyId, secretAccessKey };
  };
}

// A cached token that is refused is replaced, with newer credentials, in the same login.
async function triesTwice(driver) {
  const rotate = rotating();
  let keys = rotate();
  let asked = 0;
  const credentials = async () => {
    asked += 1;
    return keys;
  };
  await using(driver, { credentials }, async ({ ask }) => {
    const first = await ask();
    await sleep(1100);
    keys = rotate();
    await inTurn(() => end(driver.server, first.id));
    assert.equal((await ask()).name, standin('USER'));
    assert.equal(asked, 2);
  });
}

// A new token that is refused is not tried with another one; the next login asks for newer credentials.
async function triesOnce(driver) {
  let asked = 0;
  const credentials = async () => {
    asked += 1;
    return asked === 1 ? UNKNOWN : STATIC;
  };
  await using(driver, { credentials }, async ({ ask }) => {
    await assert.rejects(ask(), isRefused);
    assert.equal(asked, 1);
    assert.equal((await ask()).name, standin('USER'));
    assert.equal(asked, 2);
  });
}

// A pool keeps its connection for the next question.
async function keepsItsConnection(driver) {
  await using(driver, {}, async ({ ask }) => {
    const first = await ask();
    assert.equal((await ask()).id, first.id);
  });
}

// After the server closed a connection, the next query opens another with a valid token.
async function reconnects(driver) {
  await using(driver, {}, async ({ ask }) => {
    const first = await ask();
    await inTurn(() => end(driver.server, first.id));
    assert.notEqual((await ask()).id, first.id);
  });
}

// What a mark in the table of docs/drivers stands for, by the title of its column. The TLS of each
// driver is tls.test.js's, `replication` settings.test.js's, `bundlers` bundlers.test.js's; `types` are
// compiled.
const MARKS = {
  'fresh token per connection': outlivesItsToken,
  'second try after a refusal': triesTwice,
  pool: keepsItsConnection,
  reconnect: reconnects,
};
const COLUMNS = ['verified TLS', ...Object.keys(MARKS), 'replication', 'types', 'bundlers'];
const FOR_ALL = ['verified TLS', 'fresh token per connection', 'second try after a refusal'];
// These have no connection between two questions.
const isPool = ({ name }) => !/createConnection|Client/.test(name);

test('drivers', { skip, concurrency: DRIVERS.length }, async (t) => {
  introduce({
    [LONG.accessKeyId]: { secret: LONG.secretAccessKey, session_token: LONG.sessionToken },
  });
  const done = DRIVERS.map((driver) =>
    t.test(driver.name, { concurrency: 4 }, (d) =>
      Promise.all([
        d.test('a token of 352 bytes', () => logsIn(driver, STATIC, 352)),
        d.test('a token of 1,900 bytes', () => logsIn(driver, LONG, 1900)),
        d.test('one try with a new token', () => triesOnce(driver)),
        ...Object.entries(MARKS)
          .filter(([mark]) => FOR_ALL.includes(mark) || isPool(driver))
          .map(([mark, proof]) => d.test(mark, () => proof(driver))),
      ]),
    ),
  );
  await Promise.all(done);
});

// The lines of the table of docs/drivers, each a list of cells; the first has the titles.
function table() {
  const text = fs.readFileSync(path.join(PACKAGE, '../docs/drivers/index.md'), 'utf8');
  const section = text.split('\n## Node\n')[1].split('\n## ')[0];
  const lines = section.split('\n').filter((line) => /^\| /.test(line));
  return lines.map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

test('each mark in the table of docs/drivers is a test of that driver', () => {
  const [[, line, ...columns], ...rows] = table();
  assert.equal(line, 'the line to write');
  assert.deepEqual(columns, COLUMNS);
  assert.deepEqual(rows.map(([driver]) => driver).sort(), Object.keys(ROWS).sort());
  const types = fs.readFileSync(path.join(__dirname, 'types-drivers.ts'), 'utf8');
  for (const [driver, code, ...cells] of rows) {
    const members = DRIVERS.filter(({ name }) => ROWS[driver].includes(name));
    const [module] = /(?<=require\('rdsiam\/)\w+/.exec(code) ?? [];
    const marks = {
      pool: members.some(isPool),
      reconnect: members.some(isPool),
      replication: members.every(({ name }) => REPLICATED.includes(name)),
      types: types.includes(TYPES[driver] ?? `from 'rdsiam/${module}'`),
      bundlers: BUNDLED[module] ?? (module === undefined ? 'as the pool' : ''),
    };
    for (const name of FOR_ALL) marks[name] = true;
    const expected = COLUMNS.map((name) => (marks[name] === true ? 'yes' : marks[name] || ''));
    assert.deepEqual(cells, expected, driver);
    // What the line names is there.
    for (const [, name, , member] of code.matchAll(/require\('(rdsiam\/\w+)'\)(\.(\w+))?/g)) {
      assert.equal(typeof require(name)[member], 'function', `${driver}: ${name} ${member}`);
    }
  }
  assert.deepEqual(Object.values(ROWS).flat().sort(), DRIVERS.map(({ name }) => name).sort());
});

// One refusal removes the token; the others had it too.
const TOGETHER = {
  pg: [
    'postgres',
    (more) => {
      const pool = new (require('rdsiam/pg').Pool)({ ...more, max: 5 });
      return [() => pool.query('select pg_sleep(0.2)'), () => pool.end()];
    },
  ],
  'postgres.js': [
    'postgres',
    (more) => {
      const sql = require('rdsiam/postgres').postgres({ ...more, max: 5, backoff: false });
      return [() => sql`select pg_sleep(0.2)`, () => sql.end()];
    },
  ],
  mysql2: [
    'mariadb',
    (more) => {
      const { createPool } = require('rdsiam/mysql2');
      const pool = createPool({ ...more, connectionLimit: 5 }).promise();
      return [() => pool.query('select sleep(0.2)'), () => pool.end()];
    },
  ],
};

for (const [name, [server, open]] of Object.entries(TOGETHER)) {
  test(`${name}: logins refused together are all tried twice`, { skip }, async () => {
    const rotate = rotating();
    let keys = rotate();
    let asked = 0;
    const credentials = async () => {
      asked += 1;
      return keys;
    };
    const [query, close] = open(options(server, { credentials }));
    await query();
    await sleep(1100);
    keys = rotate();
    await Promise.all(Array.from({ length: 5 }, query));
    assert.equal(asked, 2);
    await close();
  });
}

// A server that counts who dials it, and says nothing.
async function counting(t) {
  let dialled = 0;
  const server = net.createServer((socket) => {
    dialled += 1;
    socket.on('error', () => {});
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return [server.address().port, () => dialled];
}

// Of ours, in the error or where an ORM keeps the driver's.
function isOurs(error) {
  for (let one = error; one; one = one.cause ?? one.parent) {
    if (one.code === 'ERR_RDSIAM_CREDENTIALS_PROVIDER') return true;
    if (/provider of the credentials failed/.test(one.message)) return true;
  }
  return false;
}

test('without a token nothing is dialled, and nothing else fails', async (t) => {
  const [port, dialled] = await counting(t);
  const credentials = async () => {
    throw new Error('down');
  };
  const ca = require('node:tls').rootCertificates[0];
  for (const driver of DRIVERS) {
    const host = '127.0.0.1';
    const more = { host, port, signHost: HOST, user: 'app', database: 'app', ca, credentials };
    const opened = await driver.open(more);
    for (let login = 0; login < 3; login += 1) {
      await assert.rejects(opened.ask(), isOurs, driver.name);
    }
    await opened.close();
    assert.equal(dialled(), 0, driver.name);
  }
});

// Ends the first connection at once, and passes the others on.
async function relay(t, to) {
  let dialled = 0;
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    dialled += 1;
    if (dialled === 1) return socket.destroy();
    const upstream = net.connect(to, standin('HOSTADDR')).on('error', () => socket.destroy());
    socket.pipe(upstream).pipe(socket);
    socket.on('close', () => upstream.destroy());
  });
  await new Promise((resolve) => server.listen(0, standin('HOSTADDR'), resolve));
  t.after(() => server.close());
  return server.address().port;
}

test('each driver logs in after a provider has failed, and after a server has hung up', {
  skip,
}, async (t) => {
  for (const driver of DRIVERS) {
    let asked = 0;
    const credentials = async () => {
      asked += 1;
      if (asked <= 2) throw new Error('down');
      return STATIC;
    };
    await using(driver, { credentials }, async ({ ask }) => {
      for (let login = 0; login < 2; login += 1) {
        await assert.rejects(ask(), isOurs, driver.name);
      }
      assert.equal((await ask()).name, standin('USER'), driver.name);
    });
    const port = await relay(t, options(driver.server).port);
    await using(driver, { port }, async ({ ask }) => {
      // Some try again by themselves.
      await ask().catch(() => {});
      assert.equal((await ask()).name, standin('USER'), driver.name);
    });
  }
});

test('a client of pg by configuration keeps no connection without a password', {
  skip,
}, async () => {
  const { Client } = require('pg');
  const credentials = async () => {
    throw new Error('down');
  };
  const client = new Client(require('rdsiam/pg').config(options('postgres', { credentials })));
  await assert.rejects(client.connect(), isOurs);
  await sleep(50);
  assert.ok(client.connection.stream.destroyed);
});

// Opens, and asks once.
const ONCE = DRIVERS.filter(({ name }) =>
  ['pg Client', 'pg Pool', 'mysql2 createPool', 'mariadb createPool', 'knex pg'].includes(name),
);

for (const driver of ONCE) {
  test(`${driver.name}: ten refused logins are eleven attempts`, { skip }, async (t) => {
    let retries = 0;
    const count = () => {
      retries += 1;
    };
    channel('rdsiam:login:retry').subscribe(count);
    t.after(() => channel('rdsiam:login:retry').unsubscribe(count));
    const rotate = rotating();
    const keys = rotate();
    const { TokenCache } = require('..');
    const { signHost: hostname, port, user: username } = options(driver.server);
    const cache = new TokenCache({ hostname, port, username, credentials: async () => keys });
    await cache.getToken();
    await sleep(1100);
    rotate();
    await using(driver, { cache, credentials: undefined }, async ({ ask }) => {
      for (let login = 0; login < 10; login += 1) await assert.rejects(ask(), isRefused);
    });
    assert.equal(retries, 1);
  });
}

// One driver for each helper that fetches a password of its own accord.
const HELPERS = [
  'pg Client',
  'pg Pool',
  'postgres.js',
  'mysql2 createConnection',
  'mysql2 createPool',
  'mariadb createConnection',
  'mariadb createPool',
  'knex pg',
  'knex mysql2',
  'sequelize postgres',
  'sequelize mysql',
  'sequelize mariadb',
  'typeorm postgres',
  'typeorm mysql',
  'prisma',
];
// In milliseconds. The machine may be busy; who waits for the profile would stand still for all of it.
const SLOW = 1500;
const STANDSTILL = 1000;

async function longestTurn(work) {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  await sleep(20);
  delay.enable();
  await sleep(20);
  await work();
  await sleep(20);
  delay.disable();
  return delay.max / 1e6;
}

test('the event loop is free while each helper waits for a slow profile', { skip }, async (t) => {
  introduce({ AKIDSLOW: { secret: 'SECRETSLOW', session_token: null } });
  const profile = slowProfile(t, SLOW / 1000);
  const more = { profile, credentials: undefined };
  const chosen = DRIVERS.filter(({ name }) => HELPERS.includes(name));
  assert.equal(chosen.length, HELPERS.length);
  const opened = await Promise.all(
    chosen.map((driver) => driver.open(options(driver.server, more))),
  );
  const longest = await longestTurn(async () => {
    const begun = Date.now();
    for (const { name } of await Promise.all(opened.map(({ ask }) => ask()))) {
      assert.equal(name, standin('USER'));
    }
    assert.ok(Date.now() - begun >= SLOW);
  });
  await Promise.all(opened.map(({ close }) => close()));
  t.diagnostic(`the longest turn took ${longest} ms`);
  assert.ok(longest < STANDSTILL, `held for ${longest} ms`);
});

test('a standstill would be noticed', async () => {
  const longest = await longestTurn(async () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STANDSTILL * 1.2);
  });
  assert.ok(longest > STANDSTILL);
});
