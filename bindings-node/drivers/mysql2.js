'use strict';

const mysql = require('mysql2');
const { Login } = require('../lib/login.js');
const { settingsOf, withSecondTry } = require('../lib/mysql2.js');

const loginOf = (options) => new Login(options, { port: 3306 });

function createPool(options) {
  const login = loginOf(options);
  return withSecondTry(login, mysql.createPool(settingsOf(login)));
}

async function createConnection(options) {
  const login = loginOf(options);
  const { createConnection: connect } = require('mysql2/promise');
  return login.tryTwice(() => connect(settingsOf(login)));
}

function config(options) {
  return settingsOf(loginOf(options));
}

module.exports = { config, createConnection, createPool };
