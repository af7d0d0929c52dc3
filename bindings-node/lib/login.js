'use strict';

// The one idea behind the helpers for drivers: a function that gives the password of each new
// connection, settings of TLS that are verified, and a second try with a new token after a
// refusal of one that came from the cache.

const { isIP } = require('node:net');
const native = require('./native.js');
const { TokenCache } = require('./cache.js');
const { INVALID_ARGUMENT, RdsIamError, invalid } = require('./errors.js');
const { options: optionsOf, port: portOf, text } = require('./arguments.js');
const { tlsSettings } = require('./tls.js');

// How a server says that a password is not right: PostgreSQL and MySQL.
const REFUSALS = new Set(['28000', '28P01', 1045]);
// Logins that were refused with the same token come to know of it within so many milliseconds.
const TOGETHER = 5000;
// Each would be a way around the settings made here.
const CONTRARY = ['connectionString', 'uri', 'url', 'socketPath', 'stream', 'path'];

class Login {
  #cache;
  #token;
  #uses = 0;
  #replaces = false;
  #droppedAt = Number.NEGATIVE_INFINITY;

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
      ssl,
      password,
      ...rest
    } = optionsOf(options, 'the argument');
    refuse(rest, password);
    this.host = text('host', rest.host);
    this.port = portOf(rest.port ?? port);
    this.endpoint = endpointOf(this.host, signHost);
    this.#cache = new TokenCache({
      hostname: this.endpoint,
      port: signPort ?? this.port,
      username: text(userKey, rest[userKey]),
      region,
      profile,
      credentials,
      refreshBefore,
      minRemaining,
      expires,
    });
    this.tls = tlsSettings({
      ca,
      ssl,
      endpoint: this.endpoint,
      region: typeof region === 'string' ? region : regionOf(this.endpoint, profile),
    });
    this.rest = { ...rest, host: this.host, port: this.port };
  }

  // The password of one login.
  async password() {
    return (await this.hand()).token;
  }

  // The same, for a driver that starts again by itself: `final` if another token would not
  // help, because this one was made for this login, or for those that had just been refused.
  async hand() {
    const token = await this.#cache.getToken();
    if (token !== this.#token) {
      this.#token = token;
      this.#uses = 0;
      this.#replaces = this.#justDropped();
    }
    this.#uses += 1;
    return { token, final: this.#uses === 1 || (this.#replaces && this.#justDropped()) };
  }

  // Whether a login that failed is worth a second try. Drops the token if so.
  again(error, hand) {
    if (!isRefusal(error)) return false;
    if (hand !== undefined) {
      if (!hand.final && hand.token === this.#token) this.#drop();
      return !hand.final;
    }
    // Drivers do not tell which token was refused. If it is the one that another login has just
    // dropped, a second try is right as well, with the token that has come in its place.
    if (this.#uses <= 1 || this.#replaces) {
      if (this.#justDropped()) return true;
      if (this.#uses <= 1) return false;
    }
    this.#drop();
    return true;
  }

  #drop() {
    this.#cache.invalidate();
    this.#token = undefined;
    this.#uses = 0;
    this.#droppedAt = Date.now();
  }

  #justDropped() {
    return Math.abs(Date.now() - this.#droppedAt) < TOGETHER;
  }

  async tryTwice(connect) {
    try {
      return await connect();
    } catch (error) {
      if (!this.again(error)) throw error;
      return connect();
    }
  }
}

// As Login.tryTwice(), for a function that takes a callback.
function tryTwiceBack(login, connect, callback) {
  connect((error, ...results) => {
    if (error && login.again(error)) connect(callback);
    else callback(error, ...results);
  });
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
  const client = native.createClient({ external: true, profile });
  const region = client.tryRegion(native.createTarget(endpoint, 1, 'any'));
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
