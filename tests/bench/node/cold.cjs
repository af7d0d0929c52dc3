'use strict';

// A fresh process: the time to load a signer and to have the first token, and its memory.
// Usage: cold.cjs MODULE|bare. Prints JSON, times in nanoseconds, memory in KiB.

const { readFileSync } = require('node:fs');
const { check, options } = require('./setting.cjs');

function resident() {
  const text = readFileSync('/proc/self/smaps_rollup', 'latin1');
  return Number(/^Rss:\s+(\d+)/m.exec(text)[1]);
}

async function main(module) {
  if (module === 'bare') {
    process.stdout.write(JSON.stringify({ rss: resident() }));
    return;
  }
  const started = process.hrtime.bigint();
  const { Signer } = require(module);
  const loaded = process.hrtime.bigint();
  const token = await new Signer(options).getAuthToken();
  const done = process.hrtime.bigint();
  const rss = resident();
  check(token);
  const [load, first] = [Number(loaded - started), Number(done - loaded)];
  process.stdout.write(JSON.stringify({ load, token: first, total: load + first, rss }));
}

main(process.argv[2]);
