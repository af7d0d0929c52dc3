'use strict';

// Proxies, certificates, endpoints and the metadata service as they are set, beside the JS SDK.
// The rows are those of tests/emulator/network.py.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Driver, Emulator, LOGIN, keysOf, signedWith } = require('./emulated.js');

const BOUND = 12;

// What of the requests has to be the same.
function seen(log) {
  const proxied = log.filter(({ source }) => source === 'proxy');
  const asked = log.filter(({ source }) => source !== null && source !== 'proxy');
  const lines = (entries, fields) =>
    [...new Set(entries.map((entry) => JSON.stringify(fields.map((f) => entry[f]))))].sort();
  return [lines(proxied, ['method', 'target', 'authorization']), lines(asked, ['source', 'host'])];
}

async function told(served, row, what) {
  await served.clear();
  for (const [source, mode] of Object.entries(row.modes)) await served.control(source, mode);
  const named = row.profile && !('AWS_PROFILE' in row.env);
  const driver = new Driver(LOGIN, named ? `profile=${row.profile}` : 'default', row.env);
  const answer = await driver.ask(what);
  await driver.end();
  return { answer, requests: seen(await served.log()) };
}

async function compare(served, name) {
  const row = served.told.network.ours[name];
  const { answer, requests } = await told(served, row, 'get');
  const peer = await told(served, served.told.network.theirs[name], 'peer');
  const text = JSON.stringify({ answer, peer });
  assert.ok(answer.seconds < BOUND, text);
  assert.equal('token' in peer.answer, !row.fails.includes('js'), text);
  const expected = row.differs.node ?? 'token' in peer.answer;
  assert.equal('token' in answer, expected, text);
  const [ours, theirs] = [requests, peer.requests];
  // Where the SDK's sockets are led, no proxy sees it.
  if ('EMULATOR_TLS' in row.env) ours[0] = theirs[0];
  if (!('node' in row.differs)) assert.deepEqual(ours, theirs, text);
  if (expected) {
    assert.deepEqual(signedWith(answer.token), keysOf(row));
    return;
  }
  for (const word of row.words.js ?? []) assert.ok(answer.message.includes(word), text);
  for (const secret of ['p@ss', 'p%40ss']) assert.ok(!answer.message.includes(secret));
}

test('the settings of the network, as with the JS SDK', { concurrency: 4 }, async (t) => {
  const idle = await Promise.all(Array.from({ length: 4 }, () => Emulator.start(t, 700)));
  const rows = Object.values(idle[0].told.network.ours).filter(({ only }) => only.includes('js'));
  assert.ok(rows.length > 40, 'the whole table');
  await Promise.all(
    rows.map(({ name }) =>
      t.test(name, async () => {
        const served = idle.pop();
        try {
          await compare(served, name);
        } finally {
          idle.push(served);
        }
      }),
    ),
  );
});
