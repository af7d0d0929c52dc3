'use strict';

// What is signed, and with what.

const assert = require('node:assert');

const { BENCH_HOST, BENCH_SESSION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } =
  process.env;

const options = { hostname: BENCH_HOST, port: 5432, username: 'app', region: 'us-east-1' };
const credentials = {
  accessKeyId: AWS_ACCESS_KEY_ID,
  secretAccessKey: AWS_SECRET_ACCESS_KEY,
  sessionToken: AWS_SESSION_TOKEN,
};

// That it is a token, of just these credentials.
function check(token) {
  assert.ok(token.startsWith(`${options.hostname}:${options.port}/?`), 'not a token');
  assert.equal(token.includes('X-Amz-Security-Token='), BENCH_SESSION !== undefined, 'session');
  return token;
}

module.exports = { check, credentials, options };
