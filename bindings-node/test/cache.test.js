'use strict';

const assert = require('node:assert/strict');
const { monitorEventLoopDelay } = require('node:perf_hooks');
const { test } = require('node:test');
const support = require('./support.js');
const { KEYS, LOGIN, ending, sleep } = support;
const { TokenCache } = require('..');
const native = require('../lib/native.js');

// Fresh for 2 s, ageing for 1 s, then spent.
const SHORT = { expires: 4, refreshBefore: 2, minRemaining: 1 };

// Counts the calls into the addon while the test runs.
function crossings(t) {
  let count = 0;
  for (const name of Object.getOwnPropertyNames(native.Client.prototype)) {
    if (name === 'constructor') continue;
    const real = native.Client.prototype[name];
    native.Client.prototype[name] = function (...args) {
      count += 1;
      return real.apply(this, args);
    };
    t.after(() => {
      native.Client.prototype[name] = real;
    });
  }
  return () => count;
}

// A provider that gives these answers one after the other, and says what it was asked.
function provider(...answers) {
  const asked = [];
  const give = async (...args) => {
    asked.push(args);
    const answer = answers[Math.min(asked.length, answers.length) - 1];
    await sleep(5);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return Object.assign(give, { asked });
}

test('a hit gives the same string and stays on this side', async (t) => {
  const cache = new TokenCache({ ...LOGIN, credentials: KEYS });
  const token = cache.getTokenSync();
  const count = crossings(t);
  for (let call = 0; call < 1000; call += 1) {
    assert.equal(cache.getTokenSync(), token);
    assert.equal(await cache.getToken(), token);
  }
  assert.equal((await cache.get()).token, token);
  assert.equal(count(), 0);
  const { hits, misses, signatures } = cache.stats();
  assert.deepEqual({ hits, misses, signatures }, { hits: 2001, misses: 1, signatures: 1 });
});

test('get() tells the end, which is that of the credentials if they end sooner', async () => {
  const now = Date.now();
  const full = await new TokenCache({ ...LOGIN, credentials: KEYS }).get();
  assert.ok(full.expiresAt instanceof Date);
  assert.ok(Math.abs(full.expiresAt.getTime() - now - 900_000) < 3000);
  const cut = await new TokenCache({ ...LOGIN, credentials: ending(120) }).get();
  assert.ok(Math.abs(cut.expiresAt.getTime() - now - 120_000) < 3000);
});

test('invalidate() drops the token, and the next call signs anew', async () => {
  const cache = new TokenCache({ ...LOGIN, credentials: KEYS });
  const old = cache.getTokenSync();
  await sleep(1100);
  assert.equal(cache.getTokenSync(), old);
  cache.invalidate();
  assert.notEqual(cache.getTokenSync(), old);
  assert.equal(cache.stats().invalidations, 1);
  cache.invalidate();
  cache.invalidate();
  assert.equal(cache.stats().invalidations, 2);
});

test('10,000 callers wait for one call of a slow provider, and the event loop stays free', async () => {
  let calls = 0;
  const cache = new TokenCache({
    ...LOGIN,
    credentials: async () => {
      calls += 1;
      await sleep(300);
      return KEYS;
    },
  });
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  await sleep(20);
  const tokens = await Promise.all(Array.from({ length: 10_000 }, () => cache.getToken()));
  delay.disable();
  assert.equal(calls, 1);
  assert.equal(new Set(tokens).size, 1);
  // A loop that waited for the provider would have been held for its 300 ms.
  assert.ok(delay.max / 1e6 < 150, `event loop held for ${delay.max / 1e6} ms`);
  const { hits, misses, waits, signatures, refreshes } = cache.stats();
  assert.deepEqual(
    { hits, misses, waits, signatures, refreshes },
    { hits: 0, misses: 10_000, waits: 9999, signatures: 1, refreshes: 1 },
  );
});

test('an ageing token is served while one refresh runs behind it', async () => {
  let calls = 0;
  const cache = new TokenCache({
    ...LOGIN,
    ...SHORT,
    credentials: async () => {
      calls += 1;
      await sleep(calls === 1 ? 0 : 200);
      return KEYS;
    },
  });
  const old = await cache.getToken();
  await sleep(2050);
  const served = await Promise.all(Array.from({ length: 50 }, () => cache.getToken()));
  assert.deepEqual(new Set(served), new Set([old]));
  assert.equal(cache.getTokenSync(), old);
  await sleep(300);
  const fresh = cache.getTokenSync();
  assert.notEqual(fresh, old);
  assert.equal(await cache.getToken(), fresh);
  assert.equal(calls, 2);
});

test('a refresh behind a token that fails is not seen, and tried again after a pause', async () => {
  const credentials = provider(KEYS, new Error('down'));
  // Ageing at once and for long.
  const cache = new TokenCache({
    ...LOGIN,
    expires: 900,
    refreshBefore: 899,
    minRemaining: 1,
    credentials,
  });
  const old = await cache.getToken();
  await sleep(1100);
  for (let call = 0; call < 100; call += 1) {
    assert.equal(await cache.getToken(), old);
    await sleep(1);
  }
  // A pause is in whole seconds, and the first may be over with the current one.
  const soFar = credentials.asked.length;
  assert.ok(soFar === 2 || soFar === 3, `${soFar - 1} attempts in 100 calls`);
  const until = Date.now() + 5000;
  while (credentials.asked.length === soFar && Date.now() < until) {
    assert.equal(cache.getTokenSync(), old);
    await sleep(20);
  }
  assert.ok(credentials.asked.length > soFar, 'tried again');
  assert.ok(cache.stats().refreshFailures >= 1);
});

test('after its last second nobody gets the old token, and each gets the error', async () => {
  const credentials = provider(KEYS, new Error('down'));
  const cache = new TokenCache({ ...LOGIN, ...SHORT, credentials });
  await cache.getToken();
  await sleep(3050);
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => cache.getToken()));
  for (const { status, reason } of results) {
    assert.equal(status, 'rejected');
    assert.equal(reason.code, 'ERR_RDSIAM_CREDENTIALS_PROVIDER');
  }
  assert.equal(credentials.asked.length, 2);
  assert.throws(() => cache.getTokenSync(), { code: 'ERR_RDSIAM_WOULD_BLOCK' });
});

test('with static credentials a refresh happens in the call', async () => {
  const cache = new TokenCache({ ...LOGIN, ...SHORT, credentials: KEYS });
  const old = cache.getTokenSync();
  await sleep(2050);
  assert.notEqual(cache.getTokenSync(), old);
  await sleep(3050);
  assert.equal(typeof cache.getTokenSync(), 'string');
  assert.equal(cache.stats().signatures, 3);
});

test('a clock that steps back signs anew', (t) => {
  const cache = new TokenCache({ ...LOGIN, credentials: KEYS });
  cache.getTokenSync();
  const count = crossings(t);
  const real = Date.now;
  t.after(() => {
    Date.now = real;
  });
  Date.now = () => real() - 10_000;
  cache.getTokenSync();
  assert.ok(count() > 0, 'the core is asked');
});

test('credentials that end soon are asked for once more, and the better are used', async () => {
  const credentials = provider(ending(100), ending(3600));
  const { expiresAt } = await new TokenCache({ ...LOGIN, credentials }).get();
  assert.deepEqual(credentials.asked, [[], [{ forceRefresh: true }]]);
  assert.ok(expiresAt.getTime() - Date.now() > 890_000);

  const worse = provider(ending(500), ending(100));
  const kept = await new TokenCache({ ...LOGIN, credentials: worse }).get();
  assert.ok(kept.expiresAt.getTime() - Date.now() > 490_000);

  const enough = provider(ending(1000));
  await new TokenCache({ ...LOGIN, credentials: enough }).getToken();
  assert.equal(enough.asked.length, 1);
});

test('a second call that fails is forgiven unless the first credentials have ended', async () => {
  const good = provider(ending(100), new Error('down'));
  assert.equal(typeof (await new TokenCache({ ...LOGIN, credentials: good }).getToken()), 'string');

  const down = new Error('down');
  const ended = provider(ending(-5), down);
  await assert.rejects(new TokenCache({ ...LOGIN, credentials: ended }).getToken(), (error) => {
    assert.equal(error.code, 'ERR_RDSIAM_CREDENTIALS_EXPIRED');
    assert.equal(error.retryable, true);
    assert.equal(error.cause.cause, down);
    return true;
  });
});

test('getTokenSync() never calls a provider', async () => {
  const credentials = provider(KEYS);
  const cache = new TokenCache({ ...LOGIN, credentials });
  assert.throws(() => cache.getTokenSync(), {
    name: 'RdsIamError',
    code: 'ERR_RDSIAM_WOULD_BLOCK',
    retryable: false,
  });
  assert.equal(credentials.asked.length, 0);
  const waiting = cache.getToken();
  assert.throws(() => cache.getTokenSync(), { code: 'ERR_RDSIAM_WOULD_BLOCK' });
  const token = await waiting;
  assert.equal(cache.getTokenSync(), token);
  assert.equal(credentials.asked.length, 1);
});

test('the default chain is waited for on the pool, once for all callers', async (t) => {
  const profile = support.slowProfile(t, 0.3);
  const cache = new TokenCache({ ...LOGIN, profile });
  assert.throws(() => cache.getTokenSync(), { code: 'ERR_RDSIAM_WOULD_BLOCK' });
  let turns = 0;
  const ticking = setInterval(() => {
    turns += 1;
  }, 10);
  const tokens = await Promise.all(Array.from({ length: 1000 }, () => cache.getToken()));
  clearInterval(ticking);
  assert.equal(new Set(tokens).size, 1);
  assert.match(tokens[0], /AKIDSLOW/);
  assert.ok(turns >= 10, `${turns} turns of the event loop`);
  assert.equal(cache.getTokenSync(), tokens[0]);
  const { misses, waits, signatures } = cache.stats();
  assert.deepEqual({ misses, waits, signatures }, { misses: 1000, waits: 999, signatures: 1 });
});

test('the environment is at hand: getTokenSync() signs with it', (t) => {
  support.environment(t, { AWS_ACCESS_KEY_ID: 'AKIDENV', AWS_SECRET_ACCESS_KEY: 'SECRETENV' });
  assert.match(new TokenCache(LOGIN).getTokenSync(), /AKIDENV/);
});

test('a provider may be synchronous, and may ask other caches', async () => {
  const inner = new TokenCache({ ...LOGIN, credentials: () => KEYS });
  const outer = new TokenCache({
    ...LOGIN,
    credentials: async () => {
      await inner.getToken();
      return KEYS;
    },
  });
  assert.equal(typeof (await outer.getToken()), 'string');
});
