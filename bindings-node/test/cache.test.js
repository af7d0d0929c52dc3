'use strict';

const assert = require('node:assert/strict');
const { monitorEventLoopDelay } = require('node:perf_hooks');
const { test } = require('node:test');
const support = require('./support.js');
const { KEYS, LOGIN, ending, sleep, until } = support;
const { TokenCache } = require('..');
const { native } = support.core();

// Fresh for 2 s, stale for 1 s, then expired.
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
      await sleep(1000);
      return KEYS;
    },
  });
  const waiting = Array.from({ length: 10_000 }, () => cache.getToken());
  await sleep(20);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const tokens = await Promise.all(waiting);
  delay.disable();
  assert.equal(calls, 1);
  assert.equal(new Set(tokens).size, 1);
  // A loop that waited for the provider would have been held for its 1,000 ms.
  assert.ok(delay.max / 1e6 < 900, `event loop held for ${delay.max / 1e6} ms`);
  const { hits, misses, waits, signatures, refreshes } = cache.stats();
  assert.deepEqual(
    { hits, misses, waits, signatures, refreshes },
    { hits: 0, misses: 10_000, waits: 9999, signatures: 1, refreshes: 1 },
  );
});

test('a stale token is signed anew in the call, with the credentials that are cached', async () => {
  const credentials = provider(KEYS);
  const cache = new TokenCache({ ...LOGIN, ...SHORT, credentials });
  const old = await cache.getToken();
  await sleep(2050);
  assert.notEqual(cache.getTokenSync(), old);
  await sleep(3050);
  assert.notEqual(await cache.getToken(), old);
  assert.equal(credentials.asked.length, 1);
});

// A clock that the test moves, in seconds from now.
function moved() {
  const began = Date.now();
  const clock = () => began + clock.seconds * 1000;
  clock.seconds = 0;
  return clock;
}

test('stale credentials serve while one fetch runs in the background', async () => {
  const clock = moved();
  let calls = 0;
  let finish;
  const credentials = () => {
    calls += 1;
    if (calls === 1) return ending(3600);
    return new Promise((resolve) => {
      finish = () => resolve(ending(7200, { ...KEYS, accessKeyId: 'AKIDNEWER' }));
    });
  };
  const cache = new TokenCache({ ...LOGIN, clock, credentials });
  await cache.getToken();
  clock.seconds = 3000;
  const served = await Promise.all(Array.from({ length: 50 }, () => cache.getToken()));
  assert.equal(new Set(served).size, 1);
  assert.match(cache.getTokenSync(), /AKIDEXAMPLE/);
  assert.equal(calls, 2);
  finish();
  await sleep(10);
  clock.seconds = 3900;
  assert.match(cache.getTokenSync(), /AKIDNEWER/);
  assert.equal(calls, 2);
});

test('a background fetch that fails is not seen, and tried again after a pause', async () => {
  const clock = moved();
  const credentials = provider(ending(3600), new Error('down'));
  // A new token each second.
  const margins = { expires: 2, refreshBefore: 1, minRemaining: 0 };
  const cache = new TokenCache({ ...LOGIN, ...margins, clock, credentials });
  await cache.getToken();
  for (let second = 2800; second < 2900; second += 1) {
    clock.seconds = second;
    assert.match(await cache.getToken(), /AKIDEXAMPLE/);
    assert.match(cache.getTokenSync(), /AKIDEXAMPLE/);
    await sleep(6);
  }
  // Pauses of 1, 2, 4, 8 and then 16 seconds at the most, half of that at the least.
  const attempts = credentials.asked.length - 1;
  assert.ok(attempts >= 8 && attempts <= 20, `${attempts} attempts in 100 seconds`);
  assert.equal(cache.stats().refreshFailures, attempts);
});

test('after the end of the credentials nobody gets a token of theirs, and each gets the error', async () => {
  const clock = moved();
  const credentials = provider(ending(3600), new Error('down'));
  const cache = new TokenCache({ ...LOGIN, clock, credentials });
  await cache.getToken();
  clock.seconds = 3595;
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => cache.getToken()));
  for (const { status, reason } of results) {
    assert.equal(status, 'rejected');
    assert.equal(reason.code, 'ERR_RDSIAM_CREDENTIALS_PROVIDER');
  }
  assert.equal(credentials.asked.length, 2);
  assert.throws(() => cache.getTokenSync(), { code: 'ERR_RDSIAM_WOULD_BLOCK' });
});

test('credentials that expire within min_remaining are no use, and not asked for again at once', async () => {
  const credentials = provider(ending(5));
  const cache = new TokenCache({ ...LOGIN, credentials });
  await assert.rejects(cache.getToken(), { code: 'ERR_RDSIAM_CREDENTIALS_EXPIRED' });
  assert.deepEqual(credentials.asked, [[], [{ forceRefresh: true }]]);
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

test('a second call that fails is forgiven unless the first credentials have expired', async () => {
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

test('the default chain is waited for once for all callers', async (t) => {
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

test('a provider that hangs fails only the calls that wait for it', async () => {
  let calls = 0;
  const credentials = () => {
    calls += 1;
    return calls === 1 ? new Promise(() => {}) : KEYS;
  };
  const cache = new TokenCache({ ...LOGIN, credentials, timeout: 0.2 });
  const began = Date.now();
  await assert.rejects(cache.getToken(), { code: 'ERR_RDSIAM_TIMEOUT', retryable: true });
  assert.ok(Date.now() - began < 2000);
  assert.equal(typeof (await cache.getToken()), 'string');
  assert.equal(calls, 2);
});

test('who waits longer than the hung provider gets what its replacement brings', async () => {
  let calls = 0;
  const credentials = () => {
    calls += 1;
    return calls === 1 ? new Promise(() => {}) : KEYS;
  };
  // Whether the other caller leaves at the timeout of the client, or before it.
  for (const options of [undefined, { timeout: 0.1 }]) {
    calls = 0;
    const cache = new TokenCache({ ...LOGIN, credentials, timeout: 0.3 });
    const first = cache.getToken(options);
    const second = cache.getToken({ timeout: 20 });
    await assert.rejects(first, { code: 'ERR_RDSIAM_TIMEOUT' });
    assert.equal(typeof (await second), 'string');
    assert.equal(calls, 2);
  }
});

test('a caller may give up: by a signal, and by a timeout of its own', async () => {
  let finish;
  const credentials = () =>
    new Promise((resolve) => {
      finish = () => resolve(KEYS);
    });
  const cache = new TokenCache({ ...LOGIN, credentials });
  const controller = new AbortController();
  const given = cache.getToken({ signal: controller.signal });
  const short = cache.getToken({ timeout: 0.05 });
  const patient = cache.get();
  setTimeout(() => controller.abort(), 20);
  await assert.rejects(given, { name: 'AbortError' });
  const ticking = setInterval(() => {}, 10);
  await assert.rejects(short, { code: 'ERR_RDSIAM_TIMEOUT', message: /within 0.05 s/ });
  finish();
  assert.equal((await patient).token, cache.getTokenSync());
  clearInterval(ticking);
  cache.invalidate();
  await assert.rejects(cache.getToken({ signal: controller.signal }), { name: 'AbortError' });
  for (const timeout of [0, -1, Number.NaN, '1', 3601]) {
    await assert.rejects(cache.getToken({ timeout }), { code: 'ERR_RDSIAM_INVALID_ARGUMENT' });
  }
  await assert.rejects(cache.getToken({ signal: {} }), { code: 'ERR_RDSIAM_INVALID_ARGUMENT' });
});

test('invalidate() during a fetch makes the next call ask for newer credentials', async () => {
  const asked = [];
  const answers = [];
  const credentials = (options) => {
    asked.push(options?.forceRefresh === true);
    return new Promise((resolve) => answers.push(resolve));
  };
  const cache = new TokenCache({ ...LOGIN, credentials });
  const first = cache.getToken();
  await sleep(5);
  cache.invalidate();
  const second = cache.getToken();
  answers[0](KEYS);
  await sleep(20);
  assert.deepEqual(asked, [false, true]);
  answers[1]({ ...KEYS, accessKeyId: 'AKIDNEWER' });
  assert.match(await second, /AKIDNEWER/);
  await first;
});

test('newer credentials that do not come after an invalidate() are done without', async () => {
  const credentials = provider(KEYS, new Error('down'));
  const cache = new TokenCache({ ...LOGIN, credentials });
  await cache.getToken();
  cache.invalidate();
  assert.equal(typeof (await cache.getToken()), 'string');
  assert.deepEqual(credentials.asked, [[], [{ forceRefresh: true }]]);
});

test('invalidate(token) drops that token and no other', async () => {
  const cache = new TokenCache({ ...LOGIN, credentials: KEYS });
  const old = cache.getTokenSync();
  cache.invalidate('another');
  assert.equal(cache.getTokenSync(), old);
  await sleep(1100);
  cache.invalidate(old);
  const next = cache.getTokenSync();
  assert.notEqual(next, old);
  cache.invalidate(old);
  assert.equal(cache.getTokenSync(), next);
  assert.equal(cache.stats().invalidations, 1);
  assert.throws(() => cache.invalidate(5), { code: 'ERR_RDSIAM_INVALID_ARGUMENT' });
});

test('loginRefused() allows a second try only for a token from before the login', () => {
  const clock = moved();
  const cache = new TokenCache({ ...LOGIN, clock, credentials: KEYS });
  const token = cache.getTokenSync();
  clock.seconds = 100;
  assert.equal(cache.loginRefused(token, clock()), true);
  const next = cache.getTokenSync();
  assert.notEqual(next, token);
  assert.equal(cache.loginRefused(next, new Date(clock())), false);
  // For a minute no refused login of this target is tried twice.
  const third = cache.getTokenSync();
  clock.seconds = 130;
  assert.equal(cache.loginRefused(third, clock()), false);
  assert.throws(() => cache.loginRefused(third), { code: 'ERR_RDSIAM_INVALID_ARGUMENT' });
});

test('get() tells when the token was signed', async () => {
  const { signedAt } = await new TokenCache({ ...LOGIN, credentials: KEYS }).get();
  assert.ok(Math.abs(signedAt.getTime() - Date.now()) < 3000);
});

test('ten caches over one credential_process run it once', async (t) => {
  const folder = support.temporary(t);
  const calls = `${folder}/calls`;
  const answer = '{\\"Version\\":1,\\"AccessKeyId\\":\\"AKIDONE\\",\\"SecretAccessKey\\":\\"S\\"}';
  const command = `sh -c "echo x >> ${calls}; sleep 0.2; printf %s '${answer}'"`;
  support.configFile(t, `[profile one]\ncredential_process = ${command}\n`);
  const caches = Array.from({ length: 10 }, () => new TokenCache({ ...LOGIN, profile: 'one' }));
  for (const token of await Promise.all(caches.map((cache) => cache.getToken()))) {
    assert.match(token, /AKIDONE/);
  }
  assert.equal(require('node:fs').readFileSync(calls, 'utf8'), 'x\n');
});

test('waiting for the network leaves the pool of libuv alone', async (t) => {
  const profile = support.slowProfile(t, 1);
  const caches = Array.from({ length: 8 }, (_, n) => {
    return new TokenCache({ ...LOGIN, profile, timeout: 10 + n / 10 });
  });
  let waiting = true;
  const tokens = Promise.all(caches.map((cache) => cache.getToken())).finally(() => {
    waiting = false;
  });
  await require('node:fs').promises.stat('/');
  await require('node:dns').promises.lookup('localhost');
  assert.ok(waiting);
  await tokens;
});

test('a refresh, and one in the background that fails, are events of diagnostics channels', async (t) => {
  const { channel } = require('node:diagnostics_channel');
  const seen = [];
  const listen = (name) => {
    const receive = (message) => seen.push([name, message]);
    channel(name).subscribe(receive);
    t.after(() => channel(name).unsubscribe(receive));
  };
  listen('rdsiam:refresh');
  listen('rdsiam:refresh:failed');
  const clock = moved();
  const credentials = provider(ending(3600), new Error('hush'));
  const cache = new TokenCache({ ...LOGIN, clock, credentials });
  await cache.getToken();
  clock.seconds = 3000;
  await cache.getToken();
  await until(() => seen.length >= 2);
  assert.deepEqual(
    seen.map(([name, { code }]) => [name, code]),
    [
      ['rdsiam:refresh', undefined],
      ['rdsiam:refresh:failed', 'ERR_RDSIAM_CREDENTIALS_PROVIDER'],
    ],
  );
  assert.ok(!JSON.stringify(seen).includes('hush'));
});

test('a failure that its callers get is one event too, of a function and of a profile', async (t) => {
  const { channel } = require('node:diagnostics_channel');
  const seen = [];
  const receive = (message) => seen.push(message);
  channel('rdsiam:refresh:failed').subscribe(receive);
  t.after(() => channel('rdsiam:refresh:failed').unsubscribe(receive));
  support.configFile(t, '[profile broken]\ncredential_process = false\n');
  for (const more of [{ credentials: provider(new Error('hush')) }, { profile: 'broken' }]) {
    seen.length = 0;
    const cache = new TokenCache({ ...LOGIN, ...more });
    const results = await Promise.allSettled([cache.getToken(), cache.getToken()]);
    await until(() => seen.length > 0);
    await sleep(20);
    const [{ reason }] = results;
    assert.deepEqual(
      seen.map(({ code, error }) => [code, error]),
      [[reason.code, reason]],
    );
  }
});
