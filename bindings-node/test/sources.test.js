'use strict';

// Each source of credentials, beside the default chain of @aws-sdk/rds-signer, and what happens
// where one misbehaves. The sources and the table of misbehaviours are those of tests/emulator.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const { test } = require('node:test');
const { signedAt, sleep } = require('./support.js');
const emulated = require('./emulated.js');
const { Driver, EMULATOR, Emulator, LOGIN, keysOf, logIn, signedWith } = emulated;

// Less than a token's life, so that the keys' end has to be the token's.
const SECONDS = 700;
const CASES = JSON.parse(execFileSync('python3', [EMULATOR, '--cases'], { encoding: 'utf8' }));

// In a process of their own: a source is mostly its environment.
async function beside(setup, served, source) {
  const driver = new Driver(LOGIN, source, setup.env);
  const [got, signed, theirs] = [
    await driver.ask('get'),
    await driver.ask('sign'),
    await driver.ask('peer'),
  ];
  await driver.end();
  for (const { token, message } of [got, signed, theirs]) {
    assert.ok(token, message);
    assert.deepEqual(signedWith(token), keysOf(setup));
  }
  await emulated.checkEnd(got, served, setup.source);
  await logIn(got.token);
  await logIn(signed.token);
}

test('each source beside the JS SDK', { concurrency: 3 }, async (t) => {
  const served = await Emulator.start(t, SECONDS);
  emulated.introduce(served.told.verifier_keys);
  assert.deepEqual(Object.keys(served.told.setups), CASES.setups);
  assert.ok(CASES.setups.length >= 15);
  await Promise.all(
    Object.entries(served.told.setups).flatMap(([name, setup]) => {
      const { profile } = setup;
      const { AWS_PROFILE: _, ...unnamed } = setup.env;
      const byVariable = profile ? { ...setup.env, AWS_PROFILE: profile } : setup.env;
      const chain = () => beside({ ...setup, env: byVariable }, served, 'default');
      const cases = [t.test(name, chain)];
      if (profile && name !== 'sso-refresh') {
        const named = () => beside({ ...setup, env: unnamed }, served, `profile=${profile}`);
        cases.push(t.test(`${name}, the profile as an option`, named));
      }
      return cases;
    }),
  );
});

test('which source wins, as with the JS SDK', async (t) => {
  const served = await Emulator.start(t);
  async function winner(env) {
    const driver = new Driver(LOGIN, 'default', env);
    const told = [];
    for (const what of ['get', 'sign', 'peer']) told.push(await driver.ask(what));
    await driver.end();
    return told.map(({ token, message }) => (token ? signedWith(token).key : message));
  }
  // boto3 would end at the profile that is not there.
  const container = served.told.setups['container-token'];
  const { access_key_id: key } = container;
  assert.deepEqual(await winner({ ...container.env, AWS_PROFILE: 'nowhere' }), [key, key, key]);
  // The others would end at half a key, or half a role.
  const { AWS_CONFIG_FILE: config } = container.env;
  for (const half of ['aws_access_key_id = AKIDHALF', 'role_arn = arn:aws:iam::1:role/r']) {
    fs.writeFileSync(config, `[default]\n${half}\n`);
    assert.deepEqual(await winner(container.env), [key, key, key]);
  }
  // boto3 would take the web identity.
  const { env } = served.told.setups['web-identity'];
  const keys = 'aws_access_key_id = AKIDFILE\naws_secret_access_key = SECRETFILE\n';
  fs.writeFileSync(env.AWS_SHARED_CREDENTIALS_FILE, `[default]\n${keys}`);
  assert.deepEqual(await winner(env), ['AKIDFILE', 'AKIDFILE', 'AKIDFILE']);
});

// The kernel may take a moment to let a thread go.
async function heldBy(driver, wanted) {
  const deadline = Date.now() + 2000;
  for (;;) {
    const { held } = await driver.ask('held');
    if (`${held}` === `${wanted}` || wanted === undefined || Date.now() > deadline) return held;
    await sleep(20);
  }
}

// Requests that nobody answers and whose connection somebody still holds.
async function leftHanging(served) {
  const deadline = Date.now() + 2000;
  for (;;) {
    const log = await served.log();
    const hanging = log.filter((entry) => entry.mode === 'hang' && !entry.gave_up);
    if (hanging.length === 0 || Date.now() > deadline) return hanging;
    await sleep(20);
  }
}

// Two calls: the first meets the misbehaviour, the second a source that works again.
async function misbehave(served, { source, mode, setup: name, times }) {
  const setup = served.told.setups[name];
  let healed = [];
  let { env } = setup;
  if (mode === 'refused') {
    const refused = await Emulator.nobodyListens();
    healed = Object.entries(env).filter(([, value]) => value.includes(served.told.url));
    const changed = healed.map(([k, value]) => [k, value.replaceAll(served.told.url, refused)]);
    env = { ...env, ...Object.fromEntries(changed) };
  } else {
    await served.control(source, mode, times);
  }
  const driver = new Driver(LOGIN, 'default', env);
  const held = [await heldBy(driver)];
  const first = await driver.ask('get');
  held.push(await heldBy(driver, held[0]));
  const hanging = await leftHanging(served);
  const asked = await served.requests(setup.source);
  await served.control(source, null);
  for (const [variable, value] of healed) await driver.ask('set', `${variable}=${value}`);
  if (first.token) await driver.ask('invalidate');
  const second = await driver.ask('get');
  held.push(await heldBy(driver, held[1]));
  await driver.end();
  return { setup, first, second, held, hanging, asked };
}

function checkFirst({ code, retryable }, { setup, first }) {
  assert.equal(first.code, code, first.message);
  assert.equal(first.kind, 'RdsIamError');
  if (retryable !== null) assert.equal(first.retryable, retryable, first.message);
  assert.ok(!first.message.includes(setup.secret_access_key));
  assert.ok(!first.message.includes(setup.session_token.slice(0, 24)));
}

function checkServed({ mode }, { setup, first, asked }) {
  assert.ok(first.token, first.message);
  const { key, session } = signedWith(first.token);
  // Among them are those that the rule of 15 minutes asks for once more.
  const answers = asked.map(keysOf);
  assert.ok(answers.some((keys) => keys.key === key && keys.session === session));
  const plain = keysOf(setup);
  const changed = ['rotate', 'huge', 'odd'].includes(mode);
  assert.equal(key !== plain.key || session !== plain.session, changed);
  const lives = first.expires_at - signedAt(first.token);
  assert.ok(lives <= (mode === 'soon' ? 61 : 900), `it lives ${lives} s`);
}

// It is served as if nothing had happened, and nothing more is held than before.
function checkNext({ setup, second, held, hanging }) {
  assert.ok(second.token, second.message);
  assert.deepEqual(signedWith(second.token), keysOf(setup));
  assert.deepEqual(held, [held[0], held[0], held[0]]);
  // Nor is it by a process that the call began: it would hold its own connection.
  assert.deepEqual(hanging, []);
}

async function run(served, row) {
  const told = await misbehave(served, row);
  const { seconds, stalled } = told.first;
  assert.ok(seconds < CASES.bound, `it took ${seconds} s`);
  // A call that waited on the event loop would hold it for all of the 10 s of one that hangs. The tests'
  // build takes its time to sign with a session token of a megabyte.
  assert.ok(stalled < 3, `the event loop stood still for ${stalled} s`);
  (row.code === undefined ? checkServed : checkFirst)(row, told);
  checkNext(told);
}

// Emulators are used again, with new homes.
async function inTurn(t, rows, atOnce) {
  const idle = await Promise.all(Array.from({ length: atOnce }, () => Emulator.start(t)));
  await Promise.all(
    rows.map((row) =>
      t.test(`${row.source}: ${row.mode}${row.times ? ', once' : ''}`, async () => {
        const served = idle.pop();
        try {
          await served.renew();
          await run(served, row);
        } finally {
          idle.push(served);
        }
      }),
    ),
  );
}

// The longest waits cost nothing, so all are begun at once. Of the rest only so many run together
// that none of them is late for want of a processor.
test('sources that misbehave', { concurrency: 2 }, async (t) => {
  const rows = [...CASES.failing, ...CASES.serving, ...CASES.once];
  assert.ok(rows.length > 100, 'the whole table');
  const hang = rows.filter(({ mode }) => mode === 'hang');
  const others = rows.filter(({ mode }) => mode !== 'hang');
  await Promise.all([
    t.test('and hang', { concurrency: 16 }, (t) => inTurn(t, hang, 16)),
    t.test('and answer', { concurrency: 6 }, (t) => inTurn(t, others, 6)),
  ]);
});
