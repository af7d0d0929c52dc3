'use strict';

// No helper sends a token to a server that it did not verify.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const tls = require('node:tls');
const { HOST, KEYS } = require('./support.js');
const { STANDIN } = require('./emulated.js');
const { DRIVERS } = require('./drivers.js');
const { record } = require('./recorder.js');
const { TokenCache } = require('..');

const skip = STANDIN ? false : 'no stand-in is running';
const standin = (name) => process.env[`STANDIN_${name}`];
const INVALID = { name: 'RdsIamError', code: 'ERR_RDSIAM_INVALID_ARGUMENT' };
const LOGIN = {
  host: '127.0.0.1',
  signHost: HOST,
  user: 'app',
  database: 'app',
  credentials: KEYS,
};
const ROOT = tls.rootCertificates[0];
// What shows that a token, or the password of the control, was sent.
const SENT = /X-Amz-Signature=/;
const ENOUGH = { acquireTimeout: 1000, acquireConnectionTimeout: 1000, initializationTimeout: 500 };

async function fails(driver, options) {
  const opened = await driver.open({ ...options, ...ENOUGH });
  try {
    await assert.rejects(opened.ask());
  } finally {
    await opened.close();
  }
}

test('without TLS nothing is sent', { concurrency: DRIVERS.length }, async (t) => {
  const done = DRIVERS.map((driver) =>
    t.test(driver.name, async (d) => {
      const { port, received, connections } = await record(d, driver.server);
      await fails(driver, { ...LOGIN, port, ca: ROOT });
      assert.ok(connections() > 0, 'it did connect');
      assert.doesNotMatch(received(), SENT);
      assert.doesNotMatch(received(), /Action=connect/);
    }),
  );
  await Promise.all(done);
});

// That the servers would have seen it: the drivers by themselves, with TLS off.
const token = new TokenCache({ hostname: HOST, port: 1, username: 'app', credentials: KEYS });
const PLAIN = { host: '127.0.0.1', user: 'app', database: 'app', password: token.getTokenSync() };
const CONTROLS = {
  pg: ['postgres', (options) => new (require('pg').Client)(options).connect()],
  'postgres.js': [
    'postgres',
    async (options) => {
      const sql = require('postgres')({ ...options, max: 1 });
      await sql`select 1`.finally(() => sql.end({ timeout: 0 }));
    },
  ],
  mysql2: [
    'mariadb',
    (options) =>
      require('mysql2/promise').createConnection({ ...options, enableCleartextPlugin: true }),
  ],
};

for (const [name, [server, connect]] of Object.entries(CONTROLS)) {
  test(`control: ${name} by itself sends it in clear`, async (t) => {
    const { port, received } = await record(t, server);
    await assert.rejects(Promise.resolve(connect({ ...PLAIN, port })));
    assert.match(received(), SENT);
  });
}

test('settings that were changed afterwards send nothing', async (t) => {
  for (const ssl of [undefined, false, { rejectUnauthorized: false }]) {
    const pg = await record(t, 'postgres');
    const { config } = require('rdsiam/pg');
    const changed = { ...config({ ...LOGIN, port: pg.port, ca: ROOT }), ssl };
    await assert.rejects(new (require('pg').Client)(changed).connect());
    assert.ok(pg.connections() > 0);
    assert.doesNotMatch(pg.received(), SENT);

    const my = await record(t, 'mariadb');
    const mysql2 = require('rdsiam/mysql2').config({ ...LOGIN, port: my.port, ca: ROOT });
    const plain = { ...mysql2, ssl, enableCleartextPlugin: true };
    await assert.rejects(require('mysql2/promise').createConnection(plain));
    assert.ok(my.connections() > 0);
    assert.doesNotMatch(my.received(), SENT);
  }
});

const WRONG = [
  { ssl: false },
  { ssl: null },
  { ssl: 'prefer' },
  { ssl: { rejectUnauthorized: false } },
  { ssl: { verifyIdentity: false } },
  { ssl: { checkServerIdentity: () => undefined } },
  { password: 'secret' },
  { signHost: undefined },
  { ca: '/nonexistent/global-bundle.pem' },
  { host: undefined },
  // Ways around the host, to a server without TLS.
  { socketPath: '/run/mysqld/mysqld.sock' },
  { path: '/run/postgresql' },
  { stream: () => {} },
];
const REMEDIES =
  /leave ssl out, and give ca|leave it out|signHost|give the path|host is missing|left out: give host/;

for (const driver of DRIVERS) {
  test(`${driver.name}: what would weaken it is refused`, async () => {
    for (const wrong of WRONG) {
      const attempt = async () => {
        const opened = await driver.open({ ...LOGIN, ca: ROOT, ...wrong });
        await opened.ask();
      };
      await assert.rejects(attempt(), { ...INVALID, message: REMEDIES }, JSON.stringify(wrong));
    }
  });
}

// The stand-in's certificate is right for its own name and by its own authority only.
function standinOptions(server, more) {
  const prefix = server === 'mariadb' ? 'MARIADB_' : '';
  return {
    ...LOGIN,
    host: standin('HOSTADDR'),
    port: Number(standin(`${prefix}PORT`)),
    signHost: standin(`${prefix}HOST`),
    signPort: Number(standin(`${prefix}PORT`)),
    ca: standin('CA'),
    ...more,
  };
}

test('a server of another name or authority', { skip, concurrency: 4 }, async (t) => {
  const fs = require('node:fs');
  const judged = () => fs.readFileSync(standin('LOG'), 'utf8');
  const user = `nobody_${process.pid}`;
  const done = DRIVERS.flatMap((driver) =>
    [
      { signHost: 'other.abc123.us-east-1.rds.amazonaws.com' },
      { ca: 'system' },
      // As any word that asks for TLS it is verified here, other than in the drivers.
      { ca: 'system', ssl: 'require' },
    ].map((more) =>
      t.test(`${driver.name}: ${Object.keys(more)}`, () =>
        fails(driver, standinOptions(driver.server, { ...more, user })),
      ),
    ),
  );
  await Promise.all(done);
  assert.ok(!judged().includes(user), 'no token came to be judged');
});
