'use strict';

// What a first token needs is in this file: each further one takes longer to load than the token
// takes to make. The rest is loaded when it is first asked for.

// The addon in the package, without the search of `require`. What is not there, as in a bundle, is
// looked for by `lib/native.js`, which finds this one in the cache of modules.
function load() {
  const { platform, arch } = process;
  const name = `rdsiam.${platform}-${arch}${platform === 'linux' ? '-gnu' : ''}.node`;
  let filename;
  try {
    // Not defined in a bundle of the format of ES modules.
    filename = `${__dirname}/${name}`;
    const addon = { id: filename, filename, exports: {}, children: [], loaded: true };
    if (require.cache[filename] !== undefined) return require.cache[filename].exports;
    require.cache[filename] = addon;
    // Jest ignores that. A thread may load the addon only once, because its classes would be others.
    if (require.cache[filename] === addon) {
      process.dlopen(addon, filename);
      return addon.exports;
    }
  } catch {
    if (filename !== undefined) delete require.cache?.[filename];
  }
  return require('./lib/native.js');
}

const native = load();

// The environment of the caller, `process.env`. In the main thread of Node it is that of the process.
// Elsewhere it is not: a worker has its own, a test runner puts a copy in its place, and what Bun
// writes reaches no other. Then the addon gets a copy before each call that may read a variable.
class Environment {
  handle = new native.Environment();
  // The `process.env` that needs no copy. Who is in a hurry compares it before calling `refresh`.
  live;
  #hasCopy = false;

  refresh() {
    const { env } = process;
    if (env !== undefined && env === this.live) return;
    const isLive = isOfProcess(env);
    if (!isLive || this.#hasCopy) require('./lib/environment.js').pass(this.handle, isLive, env);
    this.#hasCopy = !isLive;
    this.live = isLive ? env : undefined;
  }
}

// In the main thread Node's own object reads and writes the variables of the process. Its mark is that a
// name ends at its first NUL, as for the C library; a copy of it knows no such name, and a proxy may
// answer as it likes. In doubt it is not: a copy is always right, and only slower.
function isOfProcess(env) {
  try {
    const isNodes = ['PATH', 'HOME'].some((name) => env[`${name}\0`] !== undefined);
    const isPlain = isNodes && !process.execArgv.includes('--use-env-proxy');
    return isPlain && isMainThread() && !require('node:util').types.isProxy(env);
  } catch {
    return false;
  }
}

// No worker can change the directory, and has no such function. Loading `worker_threads` takes as long
// as all the rest of a first token.
function isMainThread() {
  return process.chdir.name === 'wrappedChdir' || require('node:worker_threads').isMainThread;
}

const environment = new Environment();

// The tokens of one login, each call a new one.
class Signer {
  // With these a signature is one call of the addon. What is not plain, is wrong or has to wait is for
  // the other half, in `lib/signer.js`, which returns both when it has them.
  #client;
  #login;
  #configuration;
  #other;
  #reported = false;

  constructor(configuration) {
    const { hostname, port, username, region, profile, credentials } = configuration ?? {};
    if (
      isText(hostname) &&
      isText(username) &&
      Number.isInteger(port) &&
      port >= 1 &&
      port <= 65535 &&
      (region === undefined || isText(region)) &&
      profile === undefined &&
      credentials === undefined
    ) {
      const client = native.createClient({}, environment.handle);
      const target = native.createTarget(hostname, port, username, region);
      // A failure has a code.
      const made = client.code === undefined && target.code === undefined;
      const login = made ? native.loginOf(client, target) : undefined;
      if (login !== undefined && login.code === undefined) {
        this.#client = client;
        this.#login = login;
        this.#configuration = { hostname, port, username, region };
        return;
      }
    }
    this.#other = other(configuration);
  }

  async getAuthToken() {
    if (process.env !== environment.live) environment.refresh();
    const tried = this.#login === undefined ? undefined : native.signAgain(this.#login);
    const token = typeof tried === 'string' ? tried : await this.#finish(tried);
    if (!this.#reported) this.#report();
    return token;
  }

  async #finish(tried) {
    this.#other ??= other(this.#configuration, this.#client);
    const token = await this.#other.sign(tried);
    [this.#client, this.#login] = this.#other.handles();
    return token;
  }

  // Once: only the first signature can find that the region contradicts the host.
  #report() {
    this.#reported = true;
    if (this.#client === undefined) return this.#other.report();
    const events = this.#client.takeEvents();
    if (events.length !== 0) require('./lib/events.js').emit(events);
  }
}

function isText(value) {
  return typeof value === 'string' && value.isWellFormed();
}

function other(configuration, client) {
  const { Login } = require('./lib/signer.js');
  return new Login(configuration, client);
}

// Functions, because the ES module takes what a getter gives when it is loaded.
const caBundle = (options) => require('./lib/ca-bundle.js').caBundle(options);
const odbcQuote = (token, options) => require('./lib/quote.js').odbcQuote(token, options);
const pgpassQuote = (token) => require('./lib/quote.js').pgpassQuote(token);
const urlQuote = (token) => require('./lib/quote.js').urlQuote(token);

module.exports = {
  Signer,
  caBundle,
  odbcQuote,
  pgpassQuote,
  urlQuote,
  get GenerateDBAuthTokenCommand() {
    return require('./lib/rds-client.js').GenerateDBAuthTokenCommand;
  },
  get RDSClient() {
    return require('./lib/rds-client.js').RDSClient;
  },
  get RdsIamError() {
    return require('./lib/errors.js').RdsIamError;
  },
  get TokenCache() {
    return require('./lib/cache.js').TokenCache;
  },
  get explain() {
    return require('./lib/explain.js').explain;
  },
};

// For `lib`. All clients share it.
Object.defineProperty(module.exports, Symbol.for('rdsiam.environment'), { value: environment });
