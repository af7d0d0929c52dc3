'use strict';

const { test } = require('@jest/globals');
const rdsiam = require('../..');
const { Signer: Peer } = require('@aws-sdk/rds-signer');
const { become, signsAs, useProfile } = require('./tenant.js');

test('signs as itself', async () => {
  become('one');
  await signsAs('one', { ...rdsiam, Peer });
});

test('signs as its profile', async () => {
  useProfile('one');
  await signsAs('one', { ...rdsiam, Peer });
});
