'use strict';

// `npx rdsiam`, as npm links it. tests/commands compares it with `python -m rdsiam`.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { HOST, KEYS, LOGIN, PACKAGE, run, temporary } = require('./support.js');
const { bin } = require('../package.json');
const { Signer, explain } = require('..');

const ENVIRONMENT = {
  ...process.env,
  AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
};
const OPTIONS = ['--hostname', HOST, '--port', '5432', '--username', 'app'];

const command = (words, options) => run([path.join(PACKAGE, bin.rdsiam), ...words], options);

test('token prints what Signer signs, with the options of the AWS CLI', async () => {
  const words = ['token', ...OPTIONS, '--region', 'eu-west-1'];
  const signer = new Signer({ ...LOGIN, region: 'eu-west-1', credentials: KEYS });
  let printed;
  let signed;
  // Tokens of one second are equal.
  for (let tries = 0; tries < 5 && printed !== `${signed}\n`; tries += 1) {
    printed = command(words, { env: ENVIRONMENT }).stdout;
    signed = await signer.getAuthToken();
  }
  assert.equal(printed, `${signed}\n`);
});

test('token takes a profile', (t) => {
  const file = path.join(temporary(t), 'credentials');
  fs.writeFileSync(
    file,
    '[other]\naws_access_key_id = AKIDOTHER\naws_secret_access_key = SECRET\n',
  );
  const env = { ...process.env, AWS_SHARED_CREDENTIALS_FILE: file };
  const { stdout } = command(['token', ...OPTIONS, '--profile', 'other'], { env });
  assert.equal(explain(stdout.trim()).accessKeyId, 'AKIDOTHER');
});

test('explain reads standard input and shows no signature', () => {
  const { stdout: token } = command(['token', ...OPTIONS], { env: ENVIRONMENT });
  const told = command(['explain'], { input: token });
  assert.equal(told.status, 0, told.stderr);
  assert.match(told.stdout, new RegExp(HOST));
  assert.ok(!told.stdout.includes(/X-Amz-Signature=(\w+)/.exec(token)[1]));
});

test('ca prints the file that caBundle finds', () => {
  const file = path.join(PACKAGE, '..', 'tests', 'ca', 'us-east-1.pem');
  const env = { ...process.env, RDSIAM_CA_BUNDLE: file };
  assert.equal(command(['ca', '--region', 'us-east-1'], { env }).stdout, `${file}\n`);
});

test('an error is one line without a stack, and the status is 1', () => {
  const { status, stdout, stderr } = command(['token', ...OPTIONS]);
  assert.deepEqual([status, stdout], [1, '']);
  assert.match(stderr, /^rdsiam: .*no AWS credentials found.*\n$/);
});

test('wrong arguments show the usage, and the status is 2', () => {
  const wrong = {
    'error: the following arguments are required: COMMAND': [],
    "error: argument COMMAND: invalid choice: 'tokens'": ['tokens'],
    'token: error: the following arguments are required: --port, --username': [
      'token',
      '--hostname',
      HOST,
    ],
    "Unknown option '--host'": ['token', ...OPTIONS, '--host', HOST],
    "Unexpected argument 'more'": ['explain', 'more'],
  };
  for (const [text, words] of Object.entries(wrong)) {
    const { status, stdout, stderr } = command(words);
    assert.deepEqual([status, stdout], [2, ''], stderr);
    assert.match(stderr, /^usage: npx rdsiam /);
    assert.ok(stderr.includes(text), stderr);
  }
});

test('commands of @rdsiam/cli are named', () => {
  for (const elsewhere of ['psql', 'mysql', 'exec', 'doctor', 'policy', 'sql', 'enable']) {
    const { status, stdout, stderr } = command([elsewhere, '--help']);
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, /@rdsiam\/cli/);
  }
  assert.match(command(['--help']).stdout, /@rdsiam\/cli/);
});
