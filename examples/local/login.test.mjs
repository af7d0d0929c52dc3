import assert from 'node:assert';
import { after, before, test } from 'node:test';
import { connect } from 'rdsiam/pg';
import { startLocal } from 'rdsiam/testing';

let local;
before(async () => {
  local = await startLocal();
});
after(() => local.stop());

test('the app logs in', async () => {
  const { host, port, user, database } = local.postgres;
  const client = await connect({ host, port, user, database });
  const { rows } = await client.query('SELECT current_user');
  assert.equal(rows[0].current_user, 'app');
  await client.end();
});

test('the app sees why a login is refused', async () => {
  const { host, port, user, database } = local.postgres;
  await local.fault('expired');
  const login = connect({ host, port, user, database });
  await assert.rejects(login, /PAM authentication failed/);
  assert.equal((await local.logins()).at(-1).reason, 'expired');
});
