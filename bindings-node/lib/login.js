'use strict';

// What the helpers for drivers share: a token for each new connection, had before it is dialled;
// verified TLS; and a second try with a new token where the core says so.

const { isIP } = require('node:net');
const native = require('./native.js');
const { TokenCache } = require('./cache.js');
const { environment } = require('./environment.js');
const { INVALID_ARGUMENT, RdsIamError, invalid } = require('./errors.js');
const { options: optionsOf, port: portOf, text } = require('./arguments.js');
const { retried } = require('./events.js');
const { tlsSettings } = require('./tls.js');

// How a server says that a password is not right: PostgreSQL and MySQL.
const REFUSALS = new Set(['28000', '28P01', 1045]);
// Each would be a way around the settings made here.
const CONTRARY = ['connectionString', 'uri', 'url', 'socketPath', 'stream', 'path'];

class Login {
  #cache;

  // What is left of the options for the driver, with a host and a port.
  rest;
  host;
  port;
  // What was signed, and what the server's certificate has to name.
  endpoint;
  tls;

  constructor(options, { userKey = 'user', port }) {
    const {
      signHost,
      signPort,
      region,
      profile,
      credentials,
      ca,
      refreshBefore,
      minRemaining,
      expires,
      timeout,
      cache,
      ssl,
      password,
      ...rest
    } = optionsOf(options, 'the argument');
    refuse(rest, password);
    this.host = text('host', rest.host);
    this.port = portOf(rest.port ?? port);
    this.endpoint = endpointOf(this.host, signHost);
    const own = { region, profile, credentials, refreshBefore, minRemaining, expires, timeout };
    this.#cache =
      cache === undefined
        ? new TokenCache({
            hostname: this.endpoint,
            port: signPort ?? this.port,
            username: text(userKey, rest[userKey]),
            ...own,
          })
        : cacheOf(cache, own);
    this.tls = tlsSettings({
      ca,
      ssl,
      endpoint: this.endpoint,
      region: typeof region === 'string' ? region : regionOf(this.endpoint, profile),
    });
    this.rest = { ...rest, host: this.host, port: this.port };
  }

  // The password of one login.
  password() {
    return this.#cache.getToken();
  }

  // A token, and when the login with it began.
  async attempt() {
    const began = Date.now();
    return { token: await this.password(), began };
  }

  // Whether to log in once more after this attempt failed. If it was refused, its token is not used again.
  shouldRetry(error, { token, began }) {
    if (!isRefusal(error) || !this.#cache.loginRefused(token, began)) return false;
    if (retried.hasSubscribers) retried.publish({ host: this.endpoint, error });
    return true;
  }

  async tryTwice(connect) {
    for (let tries = 1; ; tries += 1) {
      const attempt = await this.attempt();
      try {
        return await connect(attempt);
      } catch (error) {
        // The core is told of the second refusal as well: a fresh token was no better.
        if (!this.shouldRetry(error, attempt) || tries === 2) throw error;
      }
    }
  }
}

// As Login.tryTwice(), for a function that takes a callback.
function tryTwiceBack(login, connect, callback) {
  const once = (attempt) =>
    new Promise((resolve, reject) => {
      connect(attempt, (error, ...results) => (error ? reject(error) : resolve(results)));
    });
  // What the callback throws is none of the promise's.
  login.tryTwice(once).then(
    (results) => process.nextTick(callback, undefined, ...results),
    (error) => process.nextTick(callback, error),
  );
}

// Libraries above the drivers keep the driver's error in one of these fields.
function isRefusal(error, depth = 0) {
  if (error === null || typeof error !== 'object' || depth > 3) return false;
  if (REFUSALS.has(error.code) || REFUSALS.has(error.errno)) return true;
  return isRefusal(error.cause, depth + 1) || isRefusal(error.parent, depth + 1);
}

function refuse(rest, password) {
  if (password !== undefined) {
    throw invalid('password has to be left out: the token is the password');
  }
  for (const name of CONTRARY) {
    if (rest[name] !== undefined) {
      throw invalid(`${name} has to be left out: give host, port, user and database`);
    }
  }
}

// A cache of the caller's, who can then reach its counters and invalidate its token.
function cacheOf(cache, own) {
  if (!(cache instanceof TokenCache)) throw invalid('cache has to be a TokenCache');
  const given = Object.keys(own).find((name) => own[name] !== undefined);
  if (given !== undefined)
    throw invalid(`${given} has to be left out beside cache, which has its own`);
  return cache;
}

// A token is signed for the name of the endpoint; an address or a tunnel's end has none.
function endpointOf(host, signHost) {
  if (signHost !== undefined && signHost !== null) return text('signHost', signHost);
  if (isIP(host) !== 0 || host === 'localhost') {
    throw invalid('signHost is missing: behind a tunnel or an address, give the RDS endpoint');
  }
  return host;
}

// Whose roots a bundle has to hold; unknown is no obstacle here.
function regionOf(endpoint, profile) {
  environment.refresh();
  const client = native.createClient({ hostFetches: true, profile }, environment.handle);
  const region = client.region(native.createTarget(endpoint, 1, 'any'));
  return typeof region === 'string' ? region : undefined;
}

// The error of a driver's own hook, when a setting was changed after it left this package.
function unverified() {
  return new RdsIamError(
    INVALID_ARGUMENT,
    'no token is sent: the connection has no verified TLS; use the settings of rdsiam unchanged',
  );
}

module.exports = { Login, isRefusal, tryTwiceBack, unverified };
