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

// What a pool makes its connections from: its option `Client`.
function clientOf(login) {
  return class Client extends pg.Client {
    #settings;

    constructor(settings) {
      super(settings);
      this.#settings = settings;
    }

    connect(callback) {
      if (callback === undefined) {
        return new Promise((resolve, reject) => {
          this.connect((error) => (error ? reject(error) : resolve(this)));
        });
      }
      let tried = false;
      const connect = (_, done) => {
        // Somebody had enough while the token was fetched.
        if (this._ending || (!tried && this.connection.stream.destroyed)) {
          return done(new Error('the connection was ended before it was dialled'));
        }
        if (tried) this.#startAgain();
        tried = true;
        super.connect(done);
      };
      tryTwiceBack(login, connect, callback);
    }

    // A client of pg connects once, and who asked for this one keeps it: so it takes over all
    // that a new one starts with. Who listens to it stays.
    #startAgain() {
      const { connection } = this;
      connection.removeAllListeners();
      connection.on('error', () => {});
      connection.stream.destroy();
      const fresh = Object.getOwnPropertyDescriptors(new pg.Client(this.#settings));
      for (const name of EMITTER) delete fresh[name];
      Object.defineProperties(this, fresh);
    }
  };
}

const EMITTER = Reflect.ownKeys(new (require('node:events'))());

// The pool of pg, in which each new connection is tried twice.
class LoginPool extends pg.Pool {
  constructor(login, settings) {
    super({ ...settings, Client: clientOf(login) });
  }
}

module.exports = { LoginPool, clientOf, passwordOf, settingsOf };
