'use strict';

// Signing and hits in a process that is warm, credentials given in code. One case for each
// process: a second one would take away what the compiler knows of the first.
// Usage: steady.cjs WHO. Prints samples as JSON, in nanoseconds for one call.

const { RDSIAM, PEER } = process.env;
const { check, credentials, options } = require('./setting.cjs');

const SAMPLES = 3;
const NANOSECONDS = 10e6;
const WARM_UP = 400e6;

// A cache as one writes it by hand: a string, and a time to compare with.
class Handwritten {
  constructor(make) {
    this.make = make;
    this.token = undefined;
    this.expires = 0;
  }

  getTokenSync() {
    if (Date.now() < this.expires) return this.token;
    this.token = this.make();
    this.expires = Date.now() + 14 * 60_000;
    return this.token;
  }
}

const ours = (kind) => new (require(RDSIAM)[kind])({ ...options, credentials });

const CASES = {
  sign_rdsiam: () => signing(ours('Signer')),
  sign_peer: () => signing(new (require(PEER).Signer)({ ...options, credentials })),
  sign_crypto: () => handmade(require('./crypto.cjs').signer(options, credentials)),
  hit_rdsiam: () => hits(ours('TokenCache')),
  hit_rdsiam_promise: () => promised(ours('TokenCache')),
  hit_handwritten: () => {
    const token = ours('TokenCache').getTokenSync();
    return hits(new Handwritten(() => token));
  },
};

// Of each, a loop of its own over so many calls. The lengths are for the sum that says that
// nothing was left out.
function signing(signer) {
  return async (count) => {
    let sum = 0;
    for (let call = 0; call < count; call += 1) sum += (await signer.getAuthToken()).length;
    return [sum, await signer.getAuthToken()];
  };
}

function handmade(sign) {
  return async (count) => {
    let sum = 0;
    for (let call = 0; call < count; call += 1) sum += sign().length;
    return [sum, sign()];
  };
}

function hits(cache) {
  return async (count) => {
    let sum = 0;
    for (let call = 0; call < count; call += 1) sum += cache.getTokenSync().length;
    return [sum, cache.getTokenSync()];
  };
}

function promised(cache) {
  return async (count) => {
    let sum = 0;
    for (let call = 0; call < count; call += 1) sum += (await cache.getToken()).length;
    return [sum, await cache.getToken()];
  };
}

async function timed(loop, count) {
  const started = process.hrtime.bigint();
  const [sum, token] = await loop(count);
  const took = Number(process.hrtime.bigint() - started);
  if (sum !== count * check(token).length) throw new Error('a token is missing');
  return took;
}

async function main(who) {
  const loop = CASES[who]();
  // How many calls fill the time. Finding that out is the warm-up, and goes on for long enough that
  // the slowest peer has been compiled.
  let count = 1;
  for (let warm = 0, took = 0; warm < WARM_UP || took < NANOSECONDS; warm += took) {
    if (took < NANOSECONDS) count *= 2;
    took = await timed(loop, count);
  }
  const samples = [];
  while (samples.length < SAMPLES) samples.push((await timed(loop, count)) / count);
  process.stdout.write(JSON.stringify({ ns: samples }));
}

main(process.argv[2]);
