'use strict';

// What pg, and what builds on it, is given.

const pg = require('pg');
const { tryTwiceBack, unverified } = require('./login.js');
const { isVerified } = require('./tls.js');

// pg hands its own parameters to the function, so that a setting that was changed on the way
// does not cost a token.
function passwordOf(login) {
  return async (parameters) => {
    if (parameters !== undefined && !isVerified(parameters.ssl)) throw unverified();
    return login.password();
  };
}

function settingsOf(login) {
  return { ...login.rest, password: passwordOf(login), ssl: login.tls };
}

// A pool whose new connections get a second try.
class LoginPool extends pg.Pool {
  #login;

  constructor(login, settings) {
    super(settings);
    this.#login = login;
  }

  connect(callback) {
    const connect = (done) => super.connect(done);
    if (callback === undefined) return this.#login.tryTwice(connect);
    return tryTwiceBack(this.#login, connect, callback);
  }
}

module.exports = { LoginPool, passwordOf, settingsOf };
