// A route of Next.js signs, in the server that `next build` makes. Run by `make bundlers`, in a folder with
// Next.js in its node_modules.

const assert = require('node:assert/strict');
const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { KEYS, LOGIN } = require('../support.js');
const { install } = require('../installed.js');

const folder = path.resolve(process.argv[2]);
const login = { ...LOGIN, credentials: KEYS };
const ca = require('node:tls').rootCertificates[0];
const env = {
  ...process.env,
  NEXT_TELEMETRY_DISABLED: '1',
  RDSIAM_TEST: JSON.stringify({ login, ca }),
  HOSTNAME: '127.0.0.1',
  PORT: '0',
};

for (const name of ['app', 'next.config.mjs']) {
  fs.cpSync(path.join(__dirname, name), path.join(folder, name), { recursive: true });
}
install(path.join(folder, 'node_modules'));

function build(more, bundler) {
  const next = path.join(folder, 'node_modules', 'next', 'dist', 'bin', 'next');
  const args = [next, 'build', bundler];
  return spawnSync(process.execPath, args, { cwd: folder, env: { ...env, ...more } });
}

async function serves(file) {
  const server = spawn(process.execPath, [file], { cwd: path.dirname(file), env });
  let printed = '';
  try {
    const address = await new Promise((resolve, reject) => {
      for (const stream of [server.stdout, server.stderr]) {
        stream.on('data', (data) => {
          printed += data;
          const found = /http:\/\/127\.0\.0\.1:\d+/.exec(printed);
          if (found) resolve(found[0]);
        });
      }
      server.once('exit', () => reject(new Error(printed)));
    });
    const response = await fetch(`${address}/token`);
    assert.equal(await response.text(), `${LOGIN.hostname}:5432/ true function`, printed);
  } finally {
    server.kill();
  }
}

async function main() {
  for (const bundler of ['--turbopack', '--webpack']) {
    const built = build({}, bundler);
    assert.equal(built.status, 0, String(built.stdout) + built.stderr);
    await serves(path.join(folder, '.next', 'standalone', 'server.js'));
    assert.notEqual(build({ UNTOUCHED: '1' }, bundler).status, 0, `${bundler} needs no setting`);
    process.stdout.write(`next build ${bundler}: served\n`);
  }
}

main();
