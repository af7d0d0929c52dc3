'use strict';

// Calls what reaches the native function named by RDSIAM_PANIC_IN, in a build that panics
// there, and prints the code of the error; then shows that the process still works.

const { KEYS, LOGIN, ending, signAt } = require('./support.js');
const rdsiam = require('..');

const { Signer, TokenCache, explain, odbcQuote, pgpassQuote, urlQuote } = rdsiam;
const place = process.env.RDSIAM_PANIC_IN;
const profile = 'static';
process.env.AWS_CONFIG_FILE = process.env.RDSIAM_TEST_CONFIG;

const VECTOR = {
  host: LOGIN.hostname,
  port: 5432,
  user: 'app',
  access_key_id: 'a',
  secret_access_key: 's',
  unix_time: 1717243200,
  expires: 900,
};
const soon = async () => ending(100);
const sign = (more) => new Signer({ ...LOGIN, credentials: KEYS, ...more }).getAuthToken();
const signOften = async () => {
  const signer = new Signer({ ...LOGIN, credentials: KEYS });
  for (let i = 0; i < 3; i++) await signer.getAuthToken();
};
const get = (more) => new TokenCache({ ...LOGIN, credentials: KEYS, ...more }).getToken();

const ACTIONS = {
  betterOf: () => get({ credentials: soon }),
  bring: () => get({ credentials: async () => KEYS }),
  createClient: () => sign(),
  createCredentials: () => sign(),
  createTarget: () => sign(),
  explain: () => explain('x'),
  fail: () => get({ credentials: async () => KEYS }),
  getLease: () => get({ credentials: undefined, profile }),
  invalidate: () => new TokenCache({ ...LOGIN, credentials: KEYS }).invalidate(),
  loginOf: () => signOften(),
  odbcQuote: () => odbcQuote('x'),
  pgpassQuote: () => pgpassQuote('x'),
  region: () => sign({ hostname: 'db.example.com' }),
  sign: () => sign({ credentials: undefined, profile }),
  signAgain: () => signOften(),
  signAt: () => signAt(VECTOR),
  signWith: () => sign({ credentials: async () => KEYS }),
  stats: () => new TokenCache({ ...LOGIN, credentials: KEYS }).stats(),
  step: () => get({ credentials: async () => KEYS }),
  takeWarnings: () => sign(),
  tryGetLease: () => get(),
  tryRegion: () => get(),
  trySign: () => sign(),
  urlQuote: () => urlQuote('x'),
  wantsNewer: () => sign({ credentials: soon }),
};

async function outcome() {
  try {
    await ACTIONS[place]();
    return 'no error';
  } catch (error) {
    return `${error.name} ${error.code} ${error.retryable} ${error.message.includes(place)}`;
  }
}

(async () => {
  process.stdout.write(`${await outcome()}\n`);
  process.env.RDSIAM_PANIC_IN = '';
  const token = await sign();
  process.stdout.write(explain(token).problems.length === 0 ? 'alive\n' : 'broken\n');
})();
