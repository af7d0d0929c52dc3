'use strict';

// A process that is stopped for longer than its tokens live, and goes on: no dead token is handed
// out then. It stops itself, and is let go on from here.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const { test } = require('node:test');
const support = require('./support.js');
const { LOGIN, PACKAGE, sleep } = support;

const FROZEN = 6000;

const PROGRAM = `
  const { TokenCache, explain } = require(${JSON.stringify(PACKAGE)});
  const keys = { accessKeyId: 'AKID', secretAccessKey: 'SECRET' };
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const login = { ...${JSON.stringify(LOGIN)}, expires: 4, refreshBefore: 2, minRemaining: 1 };
  let slow = 0;
  let calls = 0;
  const credentials = async () => {
    calls += 1;
    await sleep(slow);
    return keys;
  };
  function stop() {
    process.kill(process.pid, 'SIGSTOP');
    // The other threads of the process may run for a moment after kill() has returned.
    const until = Date.now() + 1000;
    while (Date.now() < until);
  }
  function judge(token) {
    const { signedAt, remainingSeconds, problems } = explain(token);
    if (problems.length > 0 || remainingSeconds < 1 || signedAt > Date.now()) {
      throw new Error('no good: ' + remainingSeconds + ' s left, ' + problems);
    }
  }
  async function all(cache) {
    const calls = Array.from({ length: 100 }, () => cache.getToken());
    for (const token of await Promise.all(calls)) judge(token);
    judge(cache.getTokenSync());
  }
  const SCENARIOS = {
    async idle() {
      const cache = new TokenCache({ ...login, credentials });
      await cache.getToken();
      stop();
      await all(cache);
      // What they were signed with serves for a minute.
      if (calls !== 1) throw new Error(calls + ' calls');
    },
    async atHand() {
      const cache = new TokenCache({ ...login, credentials: keys });
      cache.getTokenSync();
      stop();
      judge(cache.getTokenSync());
    },
    async refreshing() {
      const cache = new TokenCache({ ...login, credentials });
      await cache.getToken();
      await sleep(2050);
      slow = 300;
      await cache.getToken();
      await sleep(100);
      stop();
      await all(cache);
    },
    async waiting() {
      slow = 300;
      const cache = new TokenCache({ ...login, credentials });
      const waiting = all(cache);
      await sleep(100);
      stop();
      await waiting;
    },
    async profile() {
      const cache = new TokenCache({ ...login, profile: 'slow' });
      const waiting = all(cache);
      await sleep(200);
      stop();
      await waiting;
      await all(cache);
    },
  };
  SCENARIOS[process.env.SCENARIO]().then(() => process.stdout.write('good'));
`;

const isStopped = ({ pid }) =>
  fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop().startsWith('T');

async function stopped(scenario) {
  const env = { ...process.env, SCENARIO: scenario };
  const child = spawn(process.execPath, ['-e', PROGRAM], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const killing = setTimeout(() => child.kill('SIGKILL'), 30_000 + FROZEN);
  let printed = '';
  child.stdout.on('data', (data) => {
    printed += data;
  });
  while (child.exitCode === null && !isStopped(child)) await sleep(5);
  assert.equal(child.exitCode, null, `${scenario} ended before it was stopped`);
  await sleep(FROZEN);
  child.kill('SIGCONT');
  const code = await ended;
  clearTimeout(killing);
  assert.deepEqual([code, printed], [0, 'good'], scenario);
}

test('no dead token after a stop', async (t) => {
  support.slowProfile(t, 0.5);
  const scenarios = ['idle', 'atHand', 'refreshing', 'waiting', 'profile'];
  await Promise.all(scenarios.map(stopped));
});
