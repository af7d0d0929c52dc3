// node-redis and ioredis log in to `rdsiam local` with the providers of rdsiam, stay past the end of their
// first AUTH, and print their user.

const { createRequire } = require('node:module');
const { setTimeout: sleep } = require('node:timers/promises');

const load = createRequire(`${process.cwd()}/`);
const { startLocal } = load('rdsiam/testing');
const { streamingCredentialsProvider, withTokens } = load('rdsiam/redis');

async function main() {
  const local = await startLocal({ options: process.argv.slice(2) });
  const { host, port, user, name, kind } = local.redis;
  const { ca, region } = local;
  const login = { name, username: user, region, kind, reauthenticate: 0.7, check: 0.1 };
  const client = load('redis').createClient({
    socket: { host, port, tls: true, ca, reconnectStrategy: false },
    credentialsProvider: streamingCredentialsProvider(login),
  });
  client.on('error', () => {});
  await client.connect();
  const Redis = load('ioredis');
  const options = { host, port, tls: { ca }, lazyConnect: true, retryStrategy: null };
  const io = withTokens(new Redis(options), login);
  await io.connect();
  await sleep(3000);
  process.stdout.write(`${await client.aclWhoAmI()} ${await io.call('ACL', 'WHOAMI')}\n`);
  const logins = await local.logins();
  process.stdout.write(`${logins.length >= 6} ${logins.every((login) => login.accepted)}\n`);
  client.destroy();
  io.disconnect();
  await local.stop();
}

main();
