'use strict';

// The handler of examples/lambda-node, run by the real runtime interface client against a
// Runtime API on loopback, logs in to the stand-in.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { temporary } = require('./support.js');
const { STANDIN } = require('./emulated.js');
const { HANDLER, invoke } = require('../../tests/lambda/invoke.js');

const skip = STANDIN ? false : 'no stand-in is running';
const OPTIONS = { skip, timeout: 60_000 };

test('the handler answers a cold and a warm start with a login', OPTIONS, async (t) => {
  const { answers, printed } = await invoke(temporary(t), HANDLER, [{}, {}]);
  for (const { kind, body } of answers) {
    assert.deepEqual([kind, body.statusCode], ['response', 200], printed);
    assert.equal(JSON.parse(body.body).user, process.env.STANDIN_USER);
  }
  assert.equal(answers.length, 2);
});

test('a login that is refused gives a 500 that tells nothing', OPTIONS, async (t) => {
  const { answers, printed } = await invoke(temporary(t), HANDLER, [{}], {
    DB_USER: 'nobody_at_all',
  });
  const body = JSON.stringify({ error: 'database unavailable' });
  assert.deepEqual(answers, [{ kind: 'response', body: { statusCode: 500, body } }]);
  assert.match(printed, /authentication failed/);
  assert.doesNotMatch(printed, /X-Amz-Signature/);
});
