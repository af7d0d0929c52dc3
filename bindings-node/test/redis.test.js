'use strict';

// node-redis and ioredis with tokens, against a server that verifies each AUTH and ends connections in time:
// `tests/valkey/valkey run -- npm test`.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { test } = require('node:test');
const { KEYS, sleep, until } = require('./support.js');
const { RdsIamError, TokenCache } = require('..');
const { credentialsProvider, streamingCredentialsProvider, withTokens } = require('rdsiam/redis');

const skip = process.env.VALKEY_HOST === undefined ? 'no tests/valkey is running' : false;
const env = (name) => process.env[`VALKEY_${name}`];
// The 12 hours of AWS, and the 11 of the provider.
const LONGEST = 4;
const EVERY = 1.2;

const LOGIN = { name: 'my-cache', username: 'app', region: 'us-east-1' };
const credentials = {
  accessKeyId: env('ACCESS_KEY_ID'),
  secretAccessKey: env('SECRET_ACCESS_KEY'),
  sessionToken: env('SESSION_TOKEN'),
};
const login = (more) => ({ ...LOGIN, credentials, ...more });

// Changes the configuration of the server for one test.
function server(t, changes) {
  const before = fs.readFileSync(env('CONFIG'), 'utf8');
  const config = { ...JSON.parse(before), ...changes };
  fs.writeFileSync(env('CONFIG'), JSON.stringify(config));
  t.after(() => fs.writeFileSync(env('CONFIG'), before));
  return config;
}

const lines = (what) => fs.readFileSync(env('LOG'), 'utf8').split(what).length - 1;

async function nodeRedis(t, provider) {
  const { createClient } = require('redis');
  const client = createClient({
    socket: {
      host: env('HOST'),
      port: Number(env('PORT')),
      tls: true,
      ca: fs.readFileSync(env('CA')),
      reconnectStrategy: false,
    },
    credentialsProvider: provider,
  });
  client.on('error', () => {});
  await client.connect();
  t.after(() => client.isOpen && client.destroy());
  return client;
}

function ioredis(t, more) {
  const Redis = require('ioredis');
  const client = new Redis({
    host: env('HOST'),
    port: Number(env('PORT')),
    tls: { ca: fs.readFileSync(env('CA')) },
    lazyConnect: true,
    retryStrategy: () => 20,
  });
  client.on('error', () => {});
  t.after(() => client.disconnect());
  return withTokens(client, login(more));
}

test('a provider gives the user in lower case and a token of the cache', async () => {
  const provider = credentialsProvider({ ...LOGIN, username: 'App', credentials: KEYS });
  assert.equal(provider.type, 'async-credentials-provider');
  const { username, password } = await provider.credentials();
  assert.equal(username, 'app');
  assert.match(password, /^my-cache\/\?Action=connect&User=app&/);
  assert.equal((await provider.credentials()).password, password);
});

test('what is wrong is said at once', () => {
  for (const [changes, field] of [
    [{ name: 'my-cache.abc.use1.cache.amazonaws.com' }, 'host'],
    [{ name: undefined }, 'hostname'],
    [{ username: undefined }, 'username'],
    [{ kind: 'rds' }, 'kind'],
    [{ reauthenticate: 12 * 3600 }, 'reauthenticate'],
    [{ check: 0 }, 'reauthenticate'],
  ]) {
    assert.throws(
      () => streamingCredentialsProvider({ ...LOGIN, credentials: KEYS, ...changes }),
      (error) => error instanceof RdsIamError && error.message.startsWith(field),
      field,
    );
  }
  const Redis = require('ioredis');
  const eager = new Redis({ port: 1, retryStrategy: () => null });
  eager.on('error', () => {});
  assert.throws(() => withTokens(eager, LOGIN), { message: /lazyConnect: true/ });
  eager.disconnect();
});

for (const kind of ['elasticache', 'elasticache-serverless', 'memorydb']) {
  test(`node-redis and ioredis log in to ${kind}`, { skip }, async (t) => {
    server(t, { kind });
    for (const provider of [credentialsProvider, streamingCredentialsProvider]) {
      const client = await nodeRedis(t, provider(login({ kind })));
      assert.equal(await client.aclWhoAmI(), 'app');
      client.destroy();
    }
    const client = ioredis(t, { kind });
    assert.equal(await client.call('ACL', 'WHOAMI'), 'app');
  });
}

// A server of a cluster too: each node has keys of its own.
const node = () => ({ tls: true, ca: fs.readFileSync(env('CA')) });

async function nodeRedisCluster(t, provider) {
  const { createCluster } = require('redis');
  const socket = { ...node(), host: env('HOST'), port: Number(env('CLUSTER_PORT')) };
  const client = createCluster({
    rootNodes: [{ socket }],
    defaults: { credentialsProvider: provider, socket: { ...node(), reconnectStrategy: false } },
  });
  client.on('error', () => {});
  await client.connect();
  t.after(() => client.isOpen && client.destroy());
  return client;
}

test('all nodes of a cluster take the token of node-redis, and outlive their 12 hours', {
  skip,
}, async (t) => {
  server(t, { longest: LONGEST });
  const given = login({ reauthenticate: EVERY, check: 0.2 });
  const client = await nodeRedisCluster(t, streamingCredentialsProvider(given));
  let number = 0;
  const command = () => client.incr(`key-${number++ % 16}`);
  await busy(0.5, command);
  assert.equal(client.masters.length, 2);
  const ended = lines('ended');
  await busy(2 * LONGEST, command);
  assert.equal(lines('ended'), ended);
});

test('a cluster of ioredis takes a token as its password', { skip }, async (t) => {
  const Redis = require('ioredis');
  const { name, ...place } = login();
  const cache = new TokenCache({ ...place, hostname: name, port: 6379, kind: 'elasticache' });
  const before = lines('accepted');
  const client = new Redis.Cluster([{ host: env('HOST'), port: Number(env('CLUSTER_PORT')) }], {
    dnsLookup: (address, callback) => callback(null, address),
    redisOptions: { tls: node(), username: 'app', password: await cache.getToken() },
  });
  client.on('error', () => {});
  t.after(() => client.disconnect());
  for (let number = 0; number < 16; number += 1) await client.incr(`key-${number}`);
  assert.equal(client.nodes('master').length, 2);
  assert.ok(lines('accepted') >= before + 2);
});

test('a wrong token is refused', { skip }, async (t) => {
  const wrong = credentialsProvider({ ...LOGIN, credentials: KEYS });
  await assert.rejects(nodeRedis(t, wrong), { message: /WRONGPASS/ });
});

// Commands without a pause until it is over, none of which may fail.
async function busy(seconds, command) {
  let done = 0;
  for (const end = Date.now() + seconds * 1000; Date.now() < end; done += 1) await command();
  assert.ok(done > 50, `only ${done} commands`);
}

test('node-redis connections outlive their 12 hours while commands run', { skip }, async (t) => {
  server(t, { longest: LONGEST });
  const failures = [];
  const given = login({
    reauthenticate: EVERY,
    check: 0.2,
    onError: (error) => failures.push(error),
  });
  const client = await nodeRedis(t, streamingCredentialsProvider(given));
  const [first, ended, accepted] = [await client.clientId(), lines('ended'), lines('accepted')];
  await busy(2 * LONGEST, () => client.multi().incr('node').get('node').exec());
  assert.equal(await client.clientId(), first);
  assert.equal(lines('ended'), ended);
  assert.ok(lines('accepted') >= accepted + 5);
  assert.deepEqual(failures, []);
});

test('without it they end', { skip }, async (t) => {
  server(t, { longest: 1 });
  const client = await nodeRedis(t, credentialsProvider(login()));
  const ended = lines('ended');
  await assert.rejects(busy(3, () => client.incr('node')));
  assert.equal(lines('ended'), ended + 1);
});

test('ioredis connections outlive them too, and a new one has a valid token', {
  skip,
}, async (t) => {
  server(t, { longest: LONGEST });
  const client = ioredis(t, { reauthenticate: EVERY, check: 0.2 });
  const [first, ended] = [await client.client('ID'), lines('ended')];
  await busy(2 * LONGEST, () => client.incr('io'));
  assert.equal(await client.client('ID'), first);
  assert.equal(lines('ended'), ended);
  // The connection after this one needs a token too.
  const before = lines('accepted');
  client.disconnect(true);
  assert.equal(await client.call('ACL', 'WHOAMI'), 'app');
  assert.notEqual(await client.client('ID'), first);
  assert.ok(lines('accepted') > before);
});

test('renewed credentials authenticate again', { skip }, async (t) => {
  const config = server(t, {});
  let current = credentials;
  const cache = new TokenCache({
    hostname: 'my-cache',
    port: 6379,
    username: 'app',
    kind: 'elasticache',
    region: 'us-east-1',
    credentials: async () => current,
  });
  const client = await nodeRedis(t, streamingCredentialsProvider({ ...LOGIN, cache, check: 0.1 }));
  const before = lines('accepted');
  await sleep(400);
  assert.equal(lines('accepted'), before);
  current = { accessKeyId: 'ASIARENEWED', secretAccessKey: 'NEW+SECRET' };
  config.keys.ASIARENEWED = { secret: 'NEW+SECRET', session_token: null };
  fs.writeFileSync(env('CONFIG'), JSON.stringify(config));
  cache.invalidate();
  await until(() => lines('accepted') > before);
  assert.equal(await client.ping(), 'PONG');
  await sleep(400);
  assert.equal(lines('accepted'), before + 1);
});
