'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { KEYS, signAt, vectors } = require('./support.js');
const { Signer, TokenCache, explain } = require('..');

test('each vector of the js style gives its token, byte for byte', () => {
  const file = vectors('tokens.json');
  const ours = file.vectors.filter(({ style }) => style === 'js');
  for (const vector of ours) assert.equal(signAt(vector), vector.token, vector.id);
  assert.ok(ours.length > 0);
  assert.equal(ours.length, file.count_by_style.js);
  assert.equal(file.vectors.length, file.count);
});

test('the region is taken from each host that carries one, and from no other', async () => {
  const { endpoints } = vectors('endpoints.json');
  const cases = Object.entries(endpoints);
  assert.ok(cases.length > 20);
  for (const [hostname, region] of cases) {
    const signer = new Signer({ hostname, port: 5432, username: 'app', credentials: KEYS });
    if (region === null) {
      await assert.rejects(signer.getAuthToken(), { code: 'ERR_RDSIAM_REGION_MISSING' }, hostname);
    } else {
      assert.equal(explain(await signer.getAuthToken()).region, region, hostname);
    }
  }
});

test('each invalid input is refused with its code and by its name', async () => {
  const file = vectors('invalid.json');
  assert.ok(file.count > 0);
  assert.equal(file.cases.length, file.count);
  for (const { id, changes, field, code = 'ERR_RDSIAM_INVALID_ARGUMENT', not_in } of file.cases) {
    assert.ok(!not_in?.includes('node'), id);
    const input = { ...BASIC, ...changes };
    const expected = { name: 'RdsIamError', code, retryable: false, message: new RegExp(field) };
    assert.throws(() => signAt(input), expected, id);
    for (const attempt of publicly(input, field)) {
      await assert.rejects(attempt, expected, id);
    }
  }
});

const BASIC = {
  host: 'mydb.123456789012.us-east-1.rds.amazonaws.com',
  port: 3306,
  user: 'u',
  region: 'us-east-1',
  access_key_id: 'AKIDEXAMPLE',
  secret_access_key: 'SECRETKEYEXAMPLE',
  session_token: null,
  unix_time: 1717243200,
  expires: 900,
};

function publicly({ host, port, user, region, expires }, field) {
  const options = { hostname: host, port, username: user, region, credentials: KEYS };
  const attempts = [
    async () => new TokenCache({ ...options, expires }).getToken(),
    async () => new TokenCache({ ...options, expires }).getTokenSync(),
  ];
  // Without a region, the synchronous form cannot read the profile.
  if (region === null) attempts.pop();
  if (field !== 'expires') attempts.push(async () => new Signer(options).getAuthToken());
  return attempts;
}
