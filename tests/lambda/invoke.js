'use strict';

// Runs a handler by the real runtime interface client, with the stand-in as its database.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { serve } = require('./runtime-api.js');

const PACKAGE = path.join(__dirname, '..', '..', 'bindings-node');
const HANDLER = path.join(__dirname, '..', '..', 'examples', 'lambda-node', 'index.js');
const standin = (name) => process.env[`STANDIN_${name}`];
const CLIENT = path.join(PACKAGE, 'node_modules', 'aws-lambda-ric', 'index.mjs');
// The endpoint's name is in no DNS.
const DIAL = `require('node:dns').lookup = (host, options, done) => {
  const address = process.env.STANDIN_HOSTADDR;
  options.all ? done(null, [{ address, family: 4 }]) : done(null, address, 4);
};`;

// As a function's folder: the handler, and node_modules. The package is copied if it is an installed
// one, so that it finds its driver and its addon beside itself.
function fill(folder, handler, rdsiam) {
  fs.copyFileSync(handler, path.join(folder, 'index.js'));
  fs.writeFileSync(path.join(folder, 'dial.js'), DIAL);
  const modules = path.join(folder, 'node_modules');
  fs.mkdirSync(modules);
  const place = path.join(modules, 'rdsiam');
  if (rdsiam === PACKAGE) fs.symlinkSync(PACKAGE, place);
  else {
    fs.cpSync(rdsiam, place, { recursive: true });
    fs.cpSync(path.join(rdsiam, '../@rdsiam'), path.join(modules, '@rdsiam'), { recursive: true });
  }
  for (const name of ['pg', '@aws-sdk']) {
    fs.symlinkSync(path.join(PACKAGE, 'node_modules', name), path.join(modules, name));
  }
}

// The answers to the events, from a new process in this empty folder, and the seconds that it took.
async function invoke(folder, handler, events, more, rdsiam = PACKAGE) {
  fill(folder, handler, rdsiam);
  const api = await serve(events);
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    _HANDLER: 'index.handler',
    AWS_LAMBDA_FUNCTION_NAME: 'f',
    AWS_LAMBDA_FUNCTION_VERSION: '1',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
    AWS_LAMBDA_LOG_GROUP_NAME: 'f',
    AWS_LAMBDA_LOG_STREAM_NAME: 'f',
    AWS_LAMBDA_RUNTIME_API: api.address,
    AWS_EC2_METADATA_DISABLED: 'true',
    LAMBDA_TASK_ROOT: folder,
    NODE_OPTIONS: `--require ${path.join(folder, 'dial.js')}`,
    AWS_REGION: standin('REGION'),
    AWS_ACCESS_KEY_ID: standin('ACCESS_KEY_ID'),
    AWS_SECRET_ACCESS_KEY: standin('SECRET_ACCESS_KEY'),
    AWS_SESSION_TOKEN: standin('SESSION_TOKEN'),
    STANDIN_HOSTADDR: standin('HOSTADDR'),
    DB_HOST: standin('HOST'),
    DB_PORT: standin('PORT'),
    DB_USER: standin('USER'),
    DB_NAME: standin('DB'),
    DB_CA: standin('CA'),
    ...more,
  };
  const started = performance.now();
  const child = spawn(process.execPath, [CLIENT], { cwd: folder, env });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      printed += data;
    });
  }
  const ended = new Promise((resolve) => child.once('close', resolve));
  const early = ended.then((code) => assert.fail(`the client ended with ${code}: ${printed}`));
  try {
    const answers = await Promise.race([api.answers, early]);
    return { answers, printed, seconds: (performance.now() - started) / 1e3 };
  } finally {
    early.catch(() => {});
    child.kill('SIGKILL');
    await ended;
    api.close();
  }
}

module.exports = { HANDLER, invoke };
