'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Worker } = require('node:worker_threads');
const support = require('./support.js');
const { KEYS, LOGIN, PACKAGE, run, sleep } = support;
const { TokenCache } = require('..');

const CODE = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { TokenCache, Signer } = require(workerData.package);
  (async () => {
    const cache = new TokenCache(workerData.options);
    const token = await cache.getToken();
    for (let call = 0; call < 100; call += 1) cache.getTokenSync();
    const signed = await new Signer(workerData.options).getAuthToken();
    parentPort.postMessage([token, signed, cache.stats().hits]);
  })();
`;

function start(options) {
  return new Worker(CODE, { eval: true, workerData: { package: PACKAGE, options } });
}

const answer = (worker) =>
  new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });

test('workers use it side by side, one after the other, and with the main thread', async () => {
  const main = new TokenCache({ ...LOGIN, credentials: KEYS });
  for (let round = 0; round < 3; round += 1) {
    const workers = Array.from({ length: 6 }, () => start({ ...LOGIN, credentials: KEYS }));
    for (const [token, signed, hits] of await Promise.all(workers.map(answer))) {
      assert.ok(token.startsWith(LOGIN.hostname) && signed.startsWith(LOGIN.hostname));
      assert.equal(hits, 100);
    }
    await Promise.all(workers.map((worker) => worker.terminate()));
    main.getTokenSync();
  }
});

test('a worker may be ended while its credentials are fetched', async (t) => {
  const profile = support.slowProfile(t, 0.5);
  const workers = Array.from({ length: 3 }, () => start({ ...LOGIN, profile }));
  await sleep(250);
  await Promise.all(workers.map((worker) => worker.terminate()));
  assert.match(await new TokenCache({ ...LOGIN, profile }).getToken(), /AKIDSLOW/);
});

test('a process may end while credentials are fetched, and nothing keeps it from ending', (t) => {
  const profile = support.slowProfile(t, 0.5);
  const options = JSON.stringify({ ...LOGIN, profile });
  const code = (end) => `
    const { TokenCache } = require(${JSON.stringify(PACKAGE)});
    const cache = new TokenCache(${options});
    cache.getToken().then((token) => { process.stdout.write(token.includes('AKIDSLOW') + ' '); });
    ${end}`;
  assert.equal(run(['-e', code('setTimeout(() => process.exit(7), 100)')]).status, 7);
  const before = Date.now();
  const done = run(['-e', code('')]);
  assert.deepEqual([done.status, done.stdout], [0, 'true ']);
  assert.ok(Date.now() - before < 5000);
});

test('a cache nobody holds is collected, with what its provider still owes it', () => {
  const code = `
    const { TokenCache } = require(${JSON.stringify(PACKAGE)});
    const login = ${JSON.stringify(LOGIN)};
    let gone = 0;
    const registry = new FinalizationRegistry(() => { gone += 1; });
    (async () => {
      for (let i = 0; i < 200; i += 1) {
        const cache = new TokenCache({ ...login, credentials: () => new Promise(() => {}), timeout: 0.05 });
        registry.register(cache);
        cache.getToken().catch(() => {});
      }
      for (let i = 0; i < 20; i += 1) { gc(); await new Promise((r) => setTimeout(r, 10)); }
      process.stdout.write(gone > 150 ? 'collected' : String(gone));
    })();`;
  const { stdout, status } = run(['--expose-gc', '-e', code]);
  assert.deepEqual([status, stdout], [0, 'collected']);
});
