'use strict';

// Which keys and which region win where several are there: as with the JS SDK, in a process of
// its own beside it, since the SDK keeps what it has read.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { PACKAGE, run, temporary } = require('./support.js');

// The table that Python's tests read too.
const TABLE = require('../../tests/vectors/precedence.json');

const PROGRAM = `
const [module, kind, profile] = process.argv.slice(1);
const { Signer, TokenCache } = require(module);
const options = { hostname: ${JSON.stringify(TABLE.host)}, port: 5432, username: 'app' };
if (profile) options.profile = profile;
const token = kind === 'cache' ? new TokenCache(options).getToken() : new Signer(options).getAuthToken();
token.then(
  (text) => console.log(decodeURIComponent(/X-Amz-Credential=([^&]*)/.exec(text)[1])),
  ({ name, code }) => console.log(code ?? name),
);
`;

function subsets(names) {
  return names.reduce((all, name) => all.concat(all.map((some) => [...some, name])), [[]]);
}

function credential(module, kind, profile, env) {
  const { status, stdout, stderr } = run(['-e', PROGRAM, module, kind, profile], { env });
  assert.equal(status, 0, stderr);
  const [key, , region] = stdout.trim().split('/');
  return region === undefined ? key : `${key} in ${region}`;
}

function environment(t) {
  const config = path.join(temporary(t), 'config');
  fs.writeFileSync(config, `${TABLE.config.join('\n')}\n`);
  return {
    PATH: process.env.PATH,
    AWS_CONFIG_FILE: config,
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

const PEER = require.resolve('@aws-sdk/rds-signer');

test('keys, profile and region are those that the JS SDK takes', (t) => {
  const plain = environment(t);
  let cases = 0;
  for (const chosen of subsets(['keys', 'profile', 'region'])) {
    const env = Object.assign({}, plain, ...chosen.map((name) => TABLE.environments[name]));
    for (const profile of ['', TABLE.named]) {
      const expected = credential(PEER, 'signer', profile, env);
      for (const kind of ['signer', 'cache']) {
        const ours = credential(PACKAGE, kind, profile, env);
        assert.equal(ours, expected, `${kind}, profile '${profile}', ${chosen.join(' and ')}`);
        cases += 1;
      }
    }
  }
  assert.equal(cases, 32);
});

const NOTHING = ['CredentialsProviderError', 'ERR_RDSIAM_CREDENTIALS_NOT_FOUND'];

test('odd cases end as with the JS SDK', (t) => {
  const plain = environment(t);
  for (const { name, env: more, profile, js } of TABLE.odd) {
    const env = { ...plain, ...more };
    const theirs = credential(PEER, 'signer', profile ?? '', env);
    if (js === null) assert.equal(theirs, NOTHING[0], name);
    else assert.ok(theirs.startsWith(`${js} in `), `${name}: ${theirs}`);
    for (const kind of ['signer', 'cache']) {
      const ours = credential(PACKAGE, kind, profile ?? '', env);
      assert.equal(ours, js === null ? NOTHING[1] : theirs, `${name}: ${kind}`);
    }
  }
});
