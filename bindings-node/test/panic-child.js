'use strict';

// Calls what reaches the native function named by RDSIAM_PANIC_IN, in a build that panics
// there, and prints the code of the error; then shows that the process still works.

// None while the package is loaded.
const place = process.env.RDSIAM_PANIC_IN;
process.env.RDSIAM_PANIC_IN = '';
const { KEYS, LOGIN, signAt } = require('./support.js');
const rdsiam = require('..');

const { GenerateDBAuthTokenCommand, RDSClient, Signer, TokenCache } = rdsiam;
const { explain, odbcQuote, pgpassQuote, urlQuote } = rdsiam;
const profile = 'process';
process.env.RDSIAM_PANIC_IN = place;
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
const sign = (more) => new Signer({ ...LOGIN, credentials: KEYS, ...more }).getAuthToken();
const get = (more) => new TokenCache({ ...LOGIN, credentials: KEYS, ...more }).getToken();

const provided = (more) => get({ credentials: async () => KEYS, ...more });
const failing = async () => {
  throw new Error('down');
};
// Where `process.env` is a copy.
async function inCopy(act) {
  const before = process.env;
  process.env = { ...before };
  try {
    return await act();
  } finally {
    process.env = before;
  }
}
const cache = () => new TokenCache({ ...LOGIN, credentials: KEYS });

const send = () => {
  const { hostname: DBHostname, port: Port, username: DBUser } = LOGIN;
  const command = new GenerateDBAuthTokenCommand({ DBHostname, Port, DBUser });
  return new RDSClient({ credentials: KEYS }).send(command);
};

const ACTIONS = {
  check: () => cache(),
  complete: () => provided(),
  createAlarm: () => get({ credentials: undefined, profile }),
  createClient: () => sign(),
  createCredentials: () => sign(),
  createEnvironment: () => {
    delete require.cache[require.resolve('..')];
    require('..');
  },
  createTarget: () => sign(),
  explain: () => explain('x'),
  fail: () => provided({ credentials: failing }),
  forceRefresh: () => provided(),
  invalidate: () => cache().invalidate(),
  kindOf: () => cache().kind,
  lease: () => get(),
  loginOf: () => sign(),
  loginRefused: () => cache().loginRefused('x', 0),
  nextLease: () => provided(),
  nextToken: () => sign({ credentials: async () => KEYS }),
  odbcQuote: () => odbcQuote('x'),
  pgpassQuote: () => pgpassQuote('x'),
  poll: () => get({ credentials: undefined, profile }),
  region: () => provided(),
  replaceEnvironment: () => inCopy(sign),
  setTime: () => get({ clock: () => Date.now() }),
  sign: () => send(),
  signAgain: () => sign(),
  signAt: () => signAt(VECTOR),
  stats: () => cache().stats(),
  takeEvents: () => sign(),
  urlQuote: () => urlQuote('x'),
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
