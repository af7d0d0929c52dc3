'use strict';

// Which keys and which region win where several are there: as with the JS SDK, in a process of
// its own beside it, since the SDK keeps what it has read.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { PACKAGE, run, temporary } = require('./support.js');

const CONFIG = `
[default]
region = eu-west-1
aws_access_key_id = AKIDDEFAULT
aws_secret_access_key = SECRETDEFAULT
[profile other]
region = eu-west-2
aws_access_key_id = AKIDOTHER
aws_secret_access_key = SECRETOTHER
[profile process]
region = eu-west-3
aws_access_key_id = AKIDBESIDE
aws_secret_access_key = SECRETBESIDE
credential_process = printf '{"Version": 1, "AccessKeyId": "AKIDRUN", "SecretAccessKey": "S"}'
[profile region-alone]
region = eu-west-3
`;
const ENVIRONMENTS = {
  keys: { AWS_ACCESS_KEY_ID: 'AKIDENV', AWS_SECRET_ACCESS_KEY: 'SECRETENV' },
  profile: { AWS_PROFILE: 'other' },
  region: { AWS_REGION: 'us-west-1' },
};

// A host that carries no region, since the SDK does not look at it.
const PROGRAM = `
const [module, kind, profile] = process.argv.slice(1);
const { Signer, TokenCache } = require(module);
const options = { hostname: 'db.example.com', port: 5432, username: 'app' };
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
  fs.writeFileSync(config, CONFIG);
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
  for (const chosen of subsets(Object.keys(ENVIRONMENTS))) {
    const env = Object.assign({}, plain, ...chosen.map((name) => ENVIRONMENTS[name]));
    for (const profile of ['', 'other']) {
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

const { keys } = ENVIRONMENTS;
const NOTHING = 'ERR_RDSIAM_CREDENTIALS_NOT_FOUND';
// By name: variables, the profile in the options, and what signs, or our error.
const ODD = {
  'half a key': [{ AWS_ACCESS_KEY_ID: 'AKIDENV' }, '', 'AKIDDEFAULT in eu-west-1'],
  'the other half': [{ AWS_SECRET_ACCESS_KEY: 'S' }, '', 'AKIDDEFAULT in eu-west-1'],
  'no such profile': [{ ...keys, AWS_PROFILE: 'no', AWS_REGION: 'us-west-1' }, '', NOTHING],
  'no such profile, as an option': [{ ...keys, AWS_REGION: 'us-west-1' }, 'no', NOTHING],
  'a profile without keys': [{ AWS_PROFILE: 'region-alone' }, '', NOTHING],
  'keys beside a process': [{ AWS_PROFILE: 'process' }, '', 'AKIDBESIDE in eu-west-3'],
  "boto3's name for the profile": [
    { AWS_DEFAULT_PROFILE: 'other' },
    '',
    'AKIDDEFAULT in eu-west-1',
  ],
};

test('odd cases end as with the JS SDK', async (t) => {
  const plain = environment(t);
  for (const [name, [more, profile, expected]] of Object.entries(ODD)) {
    const env = { ...plain, ...more };
    const theirs = expected === NOTHING ? 'CredentialsProviderError' : expected;
    assert.equal(credential(PEER, 'signer', profile, env), theirs, name);
    assert.equal(credential(PACKAGE, 'signer', profile, env), expected, name);
    assert.equal(credential(PACKAGE, 'cache', profile, env), expected, name);
  }
});
