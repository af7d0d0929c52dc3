'use strict';

const pg = require('pg');
const { Login } = require('../lib/login.js');
const { LoginPool, settingsOf } = require('../lib/pg.js');

const loginOf = (options) => new Login(options, { port: 5432 });

class Pool extends LoginPool {
  constructor(options) {
    const login = loginOf(options);
    super(login, settingsOf(login));
  }
}

// A client of pg connects once, so the second try is another client.
async function connect(options) {
  const login = loginOf(options);
  return login.tryTwice(async () => {
    const client = new pg.Client(settingsOf(login));
    await client.connect();
    return client;
  });
}

function config(options) {
  return settingsOf(loginOf(options));
}

module.exports = { Pool, config, connect };
