import { Signer as Peer } from '@aws-sdk/rds-signer';
import * as rdsiam from 'rdsiam';
import { test } from 'vitest';
import { become, signsAs, useProfile } from './tenant.js';

test('signs as itself', async () => {
  become('one');
  await signsAs('one', { ...rdsiam, Peer });
});

test('signs as its profile', async () => {
  useProfile('one');
  await signsAs('one', { ...rdsiam, Peer });
});
