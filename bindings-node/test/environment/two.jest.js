'use strict';

const { test } = require('@jest/globals');
const rdsiam = require('../..');
const { Signer: Peer } = require('@aws-sdk/rds-signer');
const { become, signsAs, useProfile } = require('./tenant.js');

test('signs as itself', async () => {
  become('two');
  await signsAs('two', { ...rdsiam, Peer });
});

test('signs as its profile', async () => {
  useProfile('two');
  await signsAs('two', { ...rdsiam, Peer });
});

test('signs as the other after its environment was replaced', async () => {
  const before = process.env;
  process.env = { ...before };
  become('one');
  await signsAs('one', { ...rdsiam, Peer });
  process.env = before;
  become('two');
  await signsAs('two', { ...rdsiam, Peer });
});
