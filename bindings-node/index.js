'use strict';

// What a first token needs is in this file: each further one takes longer to load than the token
// takes to make. The rest is loaded when it is first asked for.

// The addon in the package, without the search of `require`. What is not there, as in a bundle, is
// looked for by `lib/native.js`, which finds this one in the cache of modules.
function load() {
  const { platform, arch } = process;
  const name = `rdsiam.${platform}-${arch}${platform === 'linux' ? '-gnu' : ''}.node`;
  try {
    // Not defined in a bundle of the format of ES modules.
    const filename = `${__dirname}/${name}`;
    const addon = { id: filename, filename, exports: {}, children: [], loaded: true };
    process.dlopen(addon, filename);
    require.cache[filename] = addon;
    return addon.exports;
  } catch {
    return require('./lib/native.js');
  }
}

const native = load();

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
      const client = native.createClient({});
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
