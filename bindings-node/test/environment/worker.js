'use strict';

// A worker that signs as each of these tenants in turn: the first is in the environment that it was
// started with, the others it becomes.

const { parentPort, workerData } = require('node:worker_threads');
const rdsiam = require('../..');
const { Signer: Peer } = require('@aws-sdk/rds-signer');
const { become, signsAs } = require('./tenant.js');

async function work([first, ...others]) {
  const signed = [await signsAs(first, { ...rdsiam, Peer })];
  for (const tenant of others) {
    become(tenant);
    signed.push(await signsAs(tenant, { ...rdsiam, Peer }));
  }
  parentPort.postMessage(signed);
}

work(workerData);
