'use strict';

// A worker that tells which key and region a name without a region is signed with, by us and by the SDK.

const { parentPort } = require('node:worker_threads');
const { Signer, TokenCache } = require('../..');
const { Signer: Peer } = require('@aws-sdk/rds-signer');

const LOGIN = { hostname: 'db.example.com', port: 5432, username: 'app' };
const scope = (token) => /X-Amz-Credential=(\S+?)%2F\d{8}%2F(.+?)%2Frds-db/.exec(token).slice(1);

async function work() {
  const tokens = [
    await new Signer(LOGIN).getAuthToken(),
    await new TokenCache(LOGIN).getToken(),
    await new Peer(LOGIN).getAuthToken(),
  ];
  parentPort.postMessage(tokens.map(scope));
}

work();
