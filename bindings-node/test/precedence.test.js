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
token.then((text) => console.log(decodeURIComponent(/X-Amz-Credential=([^&]*)/.exec(text)[1])));
`;

function subsets(names) {
  return names.reduce((all, name) => all.concat(all.map((some) => [...some, name])), [[]]);
}

function credential(module, kind, profile, env) {
  const { status, stdout, stderr } = run(['-e', PROGRAM, module, kind, profile], { env });
  assert.equal(status, 0, stderr);
  const [key, , region] = stdout.split('/');
  return `${key} in ${region}`;
}

test('keys, profile and region are those that the JS SDK takes', (t) => {
  const config = path.join(temporary(t), 'config');
  fs.writeFileSync(config, CONFIG);
  const peer = require.resolve('@aws-sdk/rds-signer');
  let cases = 0;
  for (const chosen of subsets(Object.keys(ENVIRONMENTS))) {
    const env = { PATH: process.env.PATH, AWS_CONFIG_FILE: config };
    env.AWS_SHARED_CREDENTIALS_FILE = '/nonexistent';
    env.AWS_EC2_METADATA_DISABLED = 'true';
    Object.assign(env, ...chosen.map((name) => ENVIRONMENTS[name]));
    for (const profile of ['', 'other']) {
      const expected = credential(peer, 'signer', profile, env);
      for (const kind of ['signer', 'cache']) {
        const ours = credential(PACKAGE, kind, profile, env);
        assert.equal(ours, expected, `${kind}, profile '${profile}', ${chosen.join(' and ')}`);
        cases += 1;
      }
    }
  }
  assert.equal(cases, 32);
});
