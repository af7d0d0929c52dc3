'use strict';

// Whether making clients, getting, invalidating and signing cost more after many threads have come
// and gone. Usage: threads.cjs THREADS. Prints JSON, times in nanoseconds for one call.

const { Worker } = require('node:worker_threads');

const { RDSIAM } = process.env;
const { check, credentials, options } = require('./setting.cjs');

const COUNT = 2000;
const ROUNDS = 7;
// So many at a time.
const TOGETHER = 20;

const { Signer, TokenCache } = require(RDSIAM);
const login = { ...options, credentials };

const WORKER = `
  const { workerData, parentPort } = require('node:worker_threads');
  const { Signer, TokenCache } = require(workerData.module);
  (async () => {
    const cache = new TokenCache(workerData.login);
    await cache.getToken();
    cache.invalidate();
    await cache.getToken();
    await new Signer(workerData.login).getAuthToken();
    parentPort.postMessage('done');
  })();
`;

const shared = new TokenCache(login);
const signer = new Signer(login);

const CASES = {
  create: () => new TokenCache(login),
  get: () => shared.getTokenSync(),
  invalidate: () => {
    shared.invalidate();
    return shared.getTokenSync();
  },
  sign: () => signer.getAuthToken(),
};

async function measured() {
  const best = {};
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, run] of Object.entries(CASES)) {
      const started = process.hrtime.bigint();
      for (let call = 0; call < COUNT; call += 1) await run();
      const took = Number(process.hrtime.bigint() - started) / COUNT;
      best[name] = Math.min(best[name] ?? Number.POSITIVE_INFINITY, took);
    }
  }
  return best;
}

function comeAndGo() {
  const worker = new Worker(WORKER, { eval: true, workerData: { module: RDSIAM, login } });
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`exit ${code}`))));
  });
}

async function main(threads) {
  check(await signer.getAuthToken());
  const before = await measured();
  for (let gone = 0; gone < threads; gone += TOGETHER) {
    await Promise.all(Array.from({ length: TOGETHER }, comeAndGo));
  }
  const after = await measured();
  const rows = Object.keys(CASES).flatMap((name) => [
    [`${name}/before`, before[name]],
    [`${name}/after`, after[name]],
  ]);
  process.stdout.write(JSON.stringify(Object.fromEntries(rows)));
}

main(Number(process.argv[2]));
