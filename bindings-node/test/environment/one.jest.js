'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { afterAll, test } = require('@jest/globals');
const rdsiam = require('../..');
const { Signer: Peer } = require('@aws-sdk/rds-signer');
const { TENANTS, become, signsAs } = require('./tenant.js');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rdsiam-jest-'));
afterAll(() => fs.rmSync(folder, { recursive: true }));

test('signs as itself', async () => {
  become('one');
  await signsAs('one', { ...rdsiam, Peer });
});

// The first signature has to wait.
test('signs as its profile', async () => {
  for (const name of Object.keys(TENANTS.one)) delete process.env[name];
  const lines = Object.entries(TENANTS.one).map(
    ([name, value]) => `${name.toLowerCase()} = ${value}\n`,
  );
  process.env.AWS_SHARED_CREDENTIALS_FILE = path.join(folder, 'credentials');
  fs.writeFileSync(process.env.AWS_SHARED_CREDENTIALS_FILE, `[itself]\n${lines.join('')}`);
  process.env.AWS_PROFILE = 'itself';
  await signsAs('one', { ...rdsiam, Peer });
});
