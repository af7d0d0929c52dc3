'use strict';

// The handler of examples/lambda-node, run by the real runtime interface client against a
// Runtime API on loopback, logs in to the stand-in.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { PACKAGE, temporary } = require('./support.js');
const { STANDIN } = require('./emulated.js');
const { serve } = require('../../tests/lambda/runtime-api.js');

const skip = STANDIN ? false : 'no stand-in is running';
const standin = (name) => process.env[`STANDIN_${name}`];
const CLIENT = path.join(PACKAGE, 'node_modules', 'aws-lambda-ric', 'index.mjs');
// The endpoint's name is in no DNS.
const DIAL = `require('node:dns').lookup = (host, options, done) => {
  const address = process.env.STANDIN_HOSTADDR;
  options.all ? done(null, [{ address, family: 4 }]) : done(null, address, 4);
};`;

// As a function's folder: the handler, and node_modules.
function folderOf(t) {
  const folder = temporary(t);
  const example = path.join(PACKAGE, '..', 'examples', 'lambda-node', 'index.js');
  fs.copyFileSync(example, path.join(folder, 'index.js'));
  fs.writeFileSync(path.join(folder, 'dial.js'), DIAL);
  fs.mkdirSync(path.join(folder, 'node_modules'));
  fs.symlinkSync(PACKAGE, path.join(folder, 'node_modules', 'rdsiam'));
  return folder;
}

async function invoke(t, events, more) {
  const api = await serve(events);
  const folder = folderOf(t);
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    _HANDLER: 'index.handler',
    AWS_LAMBDA_FUNCTION_NAME: 'f',
    AWS_LAMBDA_FUNCTION_VERSION: '1',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
    AWS_LAMBDA_LOG_GROUP_NAME: 'f',
    AWS_LAMBDA_LOG_STREAM_NAME: 'f',
    AWS_LAMBDA_RUNTIME_API: api.address,
    AWS_EC2_METADATA_DISABLED: 'true',
    LAMBDA_TASK_ROOT: folder,
    NODE_OPTIONS: `--require ${path.join(folder, 'dial.js')}`,
    AWS_REGION: standin('REGION'),
    AWS_ACCESS_KEY_ID: standin('ACCESS_KEY_ID'),
    AWS_SECRET_ACCESS_KEY: standin('SECRET_ACCESS_KEY'),
    AWS_SESSION_TOKEN: standin('SESSION_TOKEN'),
    STANDIN_HOSTADDR: standin('HOSTADDR'),
    DB_HOST: standin('HOST'),
    DB_PORT: standin('PORT'),
    DB_USER: standin('USER'),
    DB_NAME: standin('DB'),
    DB_CA: standin('CA'),
    ...more,
  };
  const child = spawn(process.execPath, [CLIENT], { cwd: folder, env });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      printed += data;
    });
  }
  const ended = new Promise((resolve) => child.once('close', resolve));
  const early = ended.then((code) => assert.fail(`the client ended with ${code}: ${printed}`));
  try {
    return { answers: await Promise.race([api.answers, early]), printed };
  } finally {
    early.catch(() => {});
    child.kill('SIGKILL');
    await ended;
    api.close();
  }
}

const OPTIONS = { skip, timeout: 60_000 };

test('the handler answers a cold and a warm start with a login', OPTIONS, async (t) => {
  const { answers, printed } = await invoke(t, [{}, {}]);
  for (const { kind, body } of answers) {
    assert.deepEqual([kind, body.statusCode], ['response', 200], printed);
    assert.equal(JSON.parse(body.body).user, standin('USER'));
  }
  assert.equal(answers.length, 2);
});

test('a login that is refused gives a 500 that tells nothing', OPTIONS, async (t) => {
  const { answers, printed } = await invoke(t, [{}], { DB_USER: 'nobody_at_all' });
  const body = JSON.stringify({ error: 'database unavailable' });
  assert.deepEqual(answers, [{ kind: 'response', body: { statusCode: 500, body } }]);
  assert.match(printed, /authentication failed/);
  assert.doesNotMatch(printed, /X-Amz-Signature/);
});
