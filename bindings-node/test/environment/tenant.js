'use strict';

// Two tenants, and what each test does as one of them. The keys are those that the stand-in knows.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');

const standin = (name) => process.env[`STANDIN_${name}`];
const isRunning = standin('CONFIG') !== undefined;
const or = (value, otherwise) => (isRunning ? value : otherwise);

const TENANTS = {
  one: {
    AWS_ACCESS_KEY_ID: or(standin('ACCESS_KEY_ID'), 'ASIATENANTONE'),
    AWS_SECRET_ACCESS_KEY: or(standin('SECRET_ACCESS_KEY'), 'SECRETONE'),
    AWS_SESSION_TOKEN: or(standin('SESSION_TOKEN'), 'SESSIONONE'),
  },
  two: {
    AWS_ACCESS_KEY_ID: or(standin('STATIC_ACCESS_KEY_ID'), 'AKIATENANTTWO'),
    AWS_SECRET_ACCESS_KEY: or(standin('STATIC_SECRET_ACCESS_KEY'), 'SECRETTWO'),
  },
};

const LOGIN = {
  hostname: or(standin('HOST'), 'mydb.abc123.us-east-1.rds.amazonaws.com'),
  port: Number(or(standin('PORT'), 5432)),
  username: or(standin('USER'), 'app'),
};

// Without AWS settings, and so without an identity.
function cleared(environment = process.env) {
  const others = Object.entries(environment).filter(([name]) => !name.startsWith('AWS_'));
  return { ...Object.fromEntries(others), AWS_EC2_METADATA_DISABLED: 'true' };
}

// Puts a tenant's keys into `process.env`.
function become(tenant) {
  for (const name of [...Object.keys(TENANTS.one), 'AWS_PROFILE']) delete process.env[name];
  Object.assign(process.env, TENANTS[tenant]);
}

// Puts them into a profile, whose first signature has to wait. The file is the test's.
function useProfile(tenant) {
  for (const name of Object.keys(TENANTS.one)) delete process.env[name];
  process.env.AWS_SHARED_CREDENTIALS_FILE = path.join(process.env.RDSIAM_TENANTS, 'credentials');
  process.env.AWS_PROFILE = tenant;
}

// Writes the profiles of both.
function writeProfiles(folder) {
  const profiles = Object.entries(TENANTS).map(([tenant, keys]) => {
    const lines = Object.entries(keys).map(([name, value]) => `${name.toLowerCase()} = ${value}\n`);
    return `[${tenant}]\n${lines.join('')}`;
  });
  fs.writeFileSync(path.join(folder, 'credentials'), profiles.join(''));
  return { RDSIAM_TENANTS: folder };
}

const signer = (token) => /X-Amz-Credential=([^%]+)%2F/.exec(token)[1];

// Who signs here by the SDK, by `Signer` and by `TokenCache`. All have to be that tenant.
async function signsAs(tenant, { Signer, TokenCache, Peer }) {
  const region = or(standin('REGION'), 'us-east-1');
  const theirs = await new Peer({ ...LOGIN, region }).getAuthToken();
  const tokens = [
    await new TokenCache(LOGIN).getToken(),
    await new Signer(LOGIN).getAuthToken(),
    new TokenCache(LOGIN).getTokenSync(),
  ];
  const expected = TENANTS[tenant].AWS_ACCESS_KEY_ID;
  assert.deepEqual([theirs, ...tokens].map(signer), Array(4).fill(expected));
  if (isRunning) await logIn(tokens[0]);
  return expected;
}

async function logIn(password) {
  const { Client } = require('pg');
  const client = new Client({
    host: standin('HOSTADDR'),
    port: LOGIN.port,
    user: LOGIN.username,
    database: standin('DB'),
    password,
    ssl: { ca: fs.readFileSync(standin('CA'), 'utf8'), servername: LOGIN.hostname },
  });
  await client.connect();
  const { rows } = await client.query('select 1 as one');
  assert.equal(rows[0].one, 1);
  await client.end();
}

module.exports = { LOGIN, TENANTS, become, cleared, signer, signsAs, useProfile, writeProfiles };
