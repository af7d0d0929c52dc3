'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const support = require('./support.js');
const { HOST, KEYS, LOGIN, ending, signedAt, sleep } = support;
const { GenerateDBAuthTokenCommand, RDSClient, RdsIamError, Signer, TokenCache, explain } =
  require('..');

test('getAuthToken() ignores its arguments and signs anew at each call', async () => {
  const signer = new Signer({ ...LOGIN, credentials: KEYS, sha256: class {} });
  const first = await signer.getAuthToken({ hostname: 'elsewhere' }, 1);
  assert.ok(first.startsWith(`${HOST}:5432/?Action=connect&DBUser=app&`));
  assert.ok(Math.abs(signedAt(first) - Date.now() / 1000) < 5);
  await sleep(1100);
  assert.notEqual(await signer.getAuthToken(), first);
});

test('a port may be a string of digits', async () => {
  const token = await new Signer({ ...LOGIN, port: '3306', credentials: KEYS }).getAuthToken();
  assert.equal(explain(token).port, 3306);
});

test('a host is lower-cased and loses its dot', async () => {
  const hostname = `${HOST.toUpperCase()}.`;
  const token = await new Signer({ ...LOGIN, hostname, credentials: KEYS }).getAuthToken();
  assert.equal(explain(token).host, HOST);
});

test('the region may be a function, asked once', async () => {
  let asked = 0;
  const region = async () => {
    asked += 1;
    return 'eu-west-3';
  };
  const options = { ...LOGIN, hostname: 'db.example.com', region, credentials: KEYS };
  const signer = new Signer(options);
  const tokens = await Promise.all([signer.getAuthToken(), signer.getAuthToken()]);
  await signer.getAuthToken();
  assert.equal(explain(tokens[0]).region, 'eu-west-3');
  assert.equal(asked, 1);

  const cache = new TokenCache(options);
  assert.throws(() => cache.getTokenSync(), { code: 'ERR_RDSIAM_WOULD_BLOCK' });
  assert.equal(explain(await cache.getToken()).region, 'eu-west-3');

  const cause = new Error('no region today');
  const failing = new Signer({ ...options, region: () => Promise.reject(cause) });
  await assert.rejects(failing.getAuthToken(), { code: 'ERR_RDSIAM_REGION_MISSING', cause });
  const odd = new Signer({ ...options, region: () => 5 });
  await assert.rejects(odd.getAuthToken(), {
    code: 'ERR_RDSIAM_INVALID_ARGUMENT',
    message: /region/,
  });
});

test('the region comes from the environment, AWS_REGION first, then from the profile', async (t) => {
  const options = { ...LOGIN, hostname: 'db.example.com', credentials: KEYS };
  support.configFile(t, '[default]\nregion = sa-east-1\n[profile other]\nregion = ca-west-1\n');
  const regionOf = async (more) =>
    explain(await new Signer({ ...options, ...more }).getAuthToken()).region;
  assert.equal(await regionOf({}), 'sa-east-1');
  assert.equal(await regionOf({ profile: 'other' }), 'ca-west-1');
  const cache = new TokenCache({ ...options, credentials: async () => KEYS });
  assert.equal(explain(await cache.getToken()).region, 'sa-east-1');
  support.environment(t, { AWS_DEFAULT_REGION: 'eu-north-1' });
  assert.equal(await regionOf({}), 'eu-north-1');
  support.environment(t, { AWS_REGION: 'eu-south-1' });
  assert.equal(await regionOf({}), 'eu-south-1');
  assert.equal(await regionOf({ hostname: HOST }), 'us-east-1');
  assert.equal(await regionOf({ region: 'us-west-2' }), 'us-west-2');
});

test('a region that contradicts the host is obeyed, with one warning', async (t) => {
  const warnings = [];
  const listen = (warning) => warnings.push(warning);
  process.on('warning', listen);
  t.after(() => process.off('warning', listen));
  const signer = new Signer({ ...LOGIN, region: 'eu-west-1', credentials: KEYS });
  for (let call = 0; call < 3; call += 1) {
    assert.equal(explain(await signer.getAuthToken()).region, 'eu-west-1');
  }
  await sleep(10);
  assert.equal(warnings.length, 1);
  assert.equal(warnings[0].name, 'RdsIamWarning');
  assert.match(warnings[0].message, /eu-west-1.*us-east-1/);
});

test('a provider function is asked when its credentials are stale, again with forceRefresh near the end', async () => {
  const asked = [];
  const signer = new Signer({
    ...LOGIN,
    credentials: async (...args) => {
      asked.push(args);
      return args.length === 0 ? ending(60) : ending(3600, { ...KEYS, accessKeyId: 'AKIDNEWER' });
    },
  });
  assert.match(await signer.getAuthToken(), /AKIDNEWER/);
  assert.match(await signer.getAuthToken(), /AKIDNEWER/);
  assert.deepEqual(asked, [[], [{ forceRefresh: true }]]);
});

test('a failed forceRefresh is swallowed', async () => {
  let calls = 0;
  const credentials = async () => {
    calls += 1;
    if (calls > 1) throw new Error('down');
    return ending(60);
  };
  assert.equal(typeof (await new Signer({ ...LOGIN, credentials }).getAuthToken()), 'string');
});

test('many callers of the default chain cause one look into it', async (t) => {
  const folder = support.temporary(t);
  const answer = `${folder}/answer`;
  const keys = { Version: 1, AccessKeyId: 'AKIDSLOW', SecretAccessKey: 'SECRETSLOW' };
  require('node:fs').writeFileSync(answer, JSON.stringify(keys));
  const command = `sh -c "echo x >> ${folder}/calls; sleep 0.3; cat ${answer}"`;
  support.configFile(t, `[profile slow]\ncredential_process = ${command}\n`);
  const signer = new Signer({ ...LOGIN, profile: 'slow' });
  const before = Date.now();
  const tokens = await Promise.all(Array.from({ length: 200 }, () => signer.getAuthToken()));
  assert.ok(tokens.every((token) => token.includes('AKIDSLOW')));
  assert.ok(Date.now() - before < 3000);
  assert.equal(require('node:fs').readFileSync(`${folder}/calls`, 'utf8'), 'x\n');
});

test('after its first token a signature is one call of the addon', async (t) => {
  const { native } = support.core();
  const static_ = new Signer({ ...LOGIN, credentials: KEYS });
  const chain = new Signer({ ...LOGIN, profile: support.slowProfile(t, 0) });
  const late = new Signer({ ...LOGIN, region: async () => 'us-east-1', credentials: KEYS });
  for (const signer of [static_, chain, late]) {
    await signer.getAuthToken();
    await signer.getAuthToken();
    const methods = Object.getOwnPropertyNames(native.Client.prototype)
      .filter((name) => name !== 'constructor')
      .map((name) => t.mock.method(native.Client.prototype, name).mock);
    const again = t.mock.method(native, 'signAgain').mock;
    await signer.getAuthToken();
    await signer.getAuthToken();
    assert.equal(again.callCount(), 2);
    assert.ok(methods.every((mock) => mock.callCount() === 0));
    t.mock.restoreAll();
  }
  const asked = t.mock.fn(async () => KEYS);
  const mine = new Signer({ ...LOGIN, credentials: asked });
  for (let i = 0; i < 3; i++) await mine.getAuthToken();
  assert.equal(asked.mock.callCount(), 1);
});

test('a signature uses credentials that expire within a moment, as the JS SDK does', async () => {
  const credentials = async () => ending(5);
  assert.equal(typeof (await new Signer({ ...LOGIN, credentials }).getAuthToken()), 'string');
});

test('what the constructor finds wrong, getAuthToken() rejects with', async () => {
  for (const wrong of [{ port: 0 }, { hostname: '' }, { credentials: {} }, { profile: '' }]) {
    const signer = new Signer({ ...LOGIN, credentials: KEYS, ...wrong });
    await assert.rejects(signer.getAuthToken(), { code: 'ERR_RDSIAM_INVALID_ARGUMENT' });
  }
  for (const nothing of [undefined, null, 'db']) {
    assert.throws(() => new Signer(nothing), RdsIamError);
  }
});

test('RDSClient and GenerateDBAuthTokenCommand give a token', async () => {
  const client = new RDSClient({ region: 'eu-west-1', credentials: KEYS });
  const input = { DBHostname: 'db.example.com', Port: 3306, DBUser: 'app' };
  const command = new GenerateDBAuthTokenCommand(input);
  assert.equal(command.input, input);
  const told = explain(await client.send(command));
  assert.deepEqual(
    [told.host, told.port, told.user, told.region],
    ['db.example.com', 3306, 'app', 'eu-west-1'],
  );
  const more = { ...input, DBUser: undefined, DBUsername: 'other', Region: 'us-west-2' };
  const other = explain(await client.send(new GenerateDBAuthTokenCommand(more)));
  assert.deepEqual([other.user, other.region], ['other', 'us-west-2']);
  const late = new RDSClient({ region: async () => 'ap-east-1', credentials: async () => KEYS });
  const [one, two] = await Promise.all([late.send(command), late.send(command)]);
  assert.deepEqual([explain(one).region, explain(two).region], ['ap-east-1', 'ap-east-1']);
});

test('RDSClient refuses what it cannot send', async () => {
  const client = new RDSClient({ credentials: KEYS });
  const invalid = { name: 'RdsIamError', code: 'ERR_RDSIAM_INVALID_ARGUMENT' };
  await assert.rejects(client.send({ input: {} }), invalid);
  await assert.rejects(client.send(new GenerateDBAuthTokenCommand({})), invalid);
  assert.throws(() => new GenerateDBAuthTokenCommand(), invalid);
  assert.throws(() => new RDSClient({ region: 'US EAST' }), { ...invalid, message: /region/ });
});

test('a clock of the caller, as that of Jest with fake timers, moves the date that is signed', async () => {
  let now = Date.UTC(2030, 0, 1);
  const signer = new Signer({ ...support.LOGIN, credentials: support.KEYS, clock: () => now });
  for (const seconds of [0, 86_400, -86_400]) {
    now += seconds * 1000;
    assert.equal(support.signedAt(await signer.getAuthToken()), now / 1000);
  }
  const wrong = new Signer({
    ...support.LOGIN,
    credentials: support.KEYS,
    clock: () => Number.NaN,
  });
  await assert.rejects(wrong.getAuthToken(), { code: 'ERR_RDSIAM_INVALID_ARGUMENT' });
});
