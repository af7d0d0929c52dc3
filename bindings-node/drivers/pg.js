'use strict';

const { Login } = require('../lib/login.js');
const { LoginPool, clientOf, settingsOf } = require('../lib/pg.js');

const loginOf = (options) => new Login(options, { port: 5432 });

class Pool extends LoginPool {
  constructor(options) {
    const login = loginOf(options);
    super(login, settingsOf(login));
  }
}

async function connect(options) {
  const login = loginOf(options);
  return new (clientOf(login))(settingsOf(login)).connect();
}

// `Client` is what pg-pool, and a pool of pg, make a connection from.
function config(options) {
  const login = loginOf(options);
  return { ...settingsOf(login), Client: clientOf(login) };
}

module.exports = { Pool, config, connect };
