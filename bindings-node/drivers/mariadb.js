'use strict';

const mariadb = require('mariadb');
const { Login, isRefusal } = require('../lib/login.js');
const { withContext } = require('../lib/tls.js');

const loginOf = (options) => new Login(options, { port: 3306 });
const settingsOf = (login) => ({ ...login.rest, ssl: withContext(login.tls) });

async function createConnection(options) {
  const login = loginOf(options);
  return login.tryTwice(({ token }) =>
    mariadb.createConnection({ ...settingsOf(login), password: token }),
  );
}

// The driver's own pool. It calls `stream` for each connection that it makes, one after the other, as a
// method of the connection's settings: there the token is put.
function createPool(options) {
  const login = loginOf(options);
  let attempt;
  const waiting = new Set();
  // After a refusal that is not tried again, until somebody asks anew: the driver would go on trying.
  let refusal;
  function stream(done) {
    if (refusal !== undefined) {
      done(new Error(refusal.message, { cause: refusal }));
      return;
    }
    login.attempt().then(
      (made) => {
        attempt = made;
        this.password = made.token;
        done(null);
      },
      (error) => {
        fail(error);
        // The driver adds to the message of what it is given.
        done(new Error(error.message, { cause: error }));
      },
    );
  }
  const fail = (error) => {
    refusal = error;
    for (const reject of waiting) reject(error);
  };
  const pool = mariadb.createPool({ ...settingsOf(login), stream });
  pool.on('error', (error) => {
    if (refusal === undefined && isRefusal(error) && !login.shouldRetry(error, attempt))
      fail(error);
  });
  // The driver tells of a refused login by an event only, and lets who waits run into a limit.
  const orRefused = (promise) =>
    new Promise((resolve, reject) => {
      waiting.add(reject);
      promise.then(resolve, reject).finally(() => waiting.delete(reject));
    });
  for (const name of ['getConnection', 'query', 'execute', 'batch', 'importFile']) {
    const method = pool[name].bind(pool);
    pool[name] = (...args) => {
      refusal = undefined;
      return orRefused(method(...args));
    };
  }
  return pool;
}

module.exports = { createConnection, createPool };
