'use strict';

// The cold start of a Lambda that logs in: from the start of the process to its first answer,
// with rdsiam and with @aws-sdk/rds-signer, in turn. Prints nanoseconds as JSON.
// Usage: standin run -- node tests/bench/lambda/cold-start.cjs ROUNDS

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { HANDLER, invoke } = require('../../lambda/invoke.js');

const ROOT = path.join(__dirname, '../../..');
// What ships, as the benchmarks install it.
const RDSIAM = path.join(ROOT, 'build/bench/node/rdsiam/node_modules/rdsiam');
const KINDS = { rdsiam: HANDLER, 'rds-signer': path.join(__dirname, 'peer.cjs') };

async function once(handler) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rdsiam-lambda-'));
  try {
    const { answers, printed, seconds } = await invoke(folder, handler, [{}], {}, RDSIAM);
    if (answers[0].body.statusCode !== 200) throw new Error(printed);
    return seconds * 1e9;
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

async function main() {
  const times = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, []]));
  for (let round = 0; round < Number(process.argv[2]); round += 1) {
    for (const [kind, handler] of Object.entries(KINDS)) times[kind].push(await once(handler));
  }
  process.stdout.write(JSON.stringify(times));
}

main();
