'use strict';

// In the main thread, each line in turn: who signs after `process.env` was changed in that way. One
// client signs all of it.

const assert = require('node:assert/strict');
const { Signer: Peer } = require('@aws-sdk/rds-signer');
const { LOGIN, TENANTS, become, signer } = require('./tenant.js');

// Before the package is loaded.
if (process.argv[2] === 'early') process.env = { ...process.env };
const { Signer } = require('../..');

const first = process.env;
const overlay = { ...TENANTS.two };
const CHANGES = [
  ['one', () => become('one')],
  ['two', () => become('two')],
  [
    'one',
    () => {
      process.env = { ...first };
      become('one');
    },
  ],
  ['two', () => become('two')],
  [
    'two',
    () => {
      process.env = Object.assign(Object.create({ ...process.env, ...TENANTS.two }), { DAY: 1 });
    },
  ],
  [
    'one',
    () => {
      process.env = first;
      become('one');
    },
  ],
  [
    'two',
    () => {
      process.env = new Proxy(first, {
        get: (env, name) => overlay[name] ?? (name in TENANTS.one ? undefined : env[name]),
        ownKeys: (env) => [...new Set([...Reflect.ownKeys(env), ...Object.keys(overlay)])],
        getOwnPropertyDescriptor: (env, name) => ({
          value: overlay[name] ?? env[name],
          configurable: true,
          enumerable: true,
        }),
      });
    },
  ],
  [
    'one',
    () => {
      process.env = first;
    },
  ],
];

async function run() {
  const ours = new Signer(LOGIN);
  for (const [index, [tenant, change]] of CHANGES.entries()) {
    change();
    const theirs = await new Peer({ ...LOGIN, region: 'us-east-1' }).getAuthToken();
    const tokens = [theirs, await ours.getAuthToken(), await new Signer(LOGIN).getAuthToken()];
    const expected = TENANTS[tenant].AWS_ACCESS_KEY_ID;
    assert.deepEqual(tokens.map(signer), [expected, expected, expected], `change ${index}`);
  }
  process.stdout.write('done');
}

run();
