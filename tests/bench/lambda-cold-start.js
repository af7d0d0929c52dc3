'use strict';

// The cold start of a Lambda that logs in: from the start of the process to its first answer,
// with rdsiam and with @aws-sdk/rds-signer, interleaved in one run, since the machine drifts.
// Usage: tests/standin/standin run -- node tests/bench/lambda-cold-start.js [ROUNDS]

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { HANDLER, invoke } = require('../lambda/invoke.js');

const KINDS = { rdsiam: HANDLER, '@aws-sdk/rds-signer': path.join(__dirname, 'lambda-peer.js') };

async function once(handler) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rdsiam-lambda-'));
  try {
    const before = performance.now();
    const { answers, printed } = await invoke(folder, handler, [{}]);
    if (answers[0].body.statusCode !== 200) throw new Error(printed);
    return performance.now() - before;
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];

async function main() {
  const rounds = Number(process.argv[2] ?? 11);
  const times = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [kind, handler] of Object.entries(KINDS)) times[kind].push(await once(handler));
  }
  for (const [kind, list] of Object.entries(times)) {
    console.log(`${kind}: ${median(list).toFixed(0)} ms, median of ${rounds}`);
  }
}

main();
