'use strict';

const { invalid } = require('../lib/errors.js');
const { Login } = require('../lib/login.js');

// TypeORM takes the module of the driver as an option, and makes its pool with it.
const KINDS = { postgres: [5432, postgres], mysql: [3306, mysql], mariadb: [3306, mysql] };

function dataSourceOptions(options) {
  if (!Object.hasOwn(KINDS, options.type)) {
    throw invalid('type has to be "postgres", "mysql" or "mariadb"');
  }
  if (options.replication) {
    throw invalid('replication has to be left out: one endpoint has one token');
  }
  const [port, settings] = KINDS[options.type];
  const { extra, ...rest } = options;
  const ssl = rest.ssl === undefined ? extra?.ssl : rest.ssl;
  const login = new Login({ ...rest, ssl }, { userKey: 'username', port });
  return { ...login.rest, ...settings(login, extra) };
}

function postgres(login, extra) {
  const pg = require('pg');
  const { LoginPool, passwordOf } = require('../lib/pg.js');
  class Pool extends LoginPool {
    constructor(config) {
      super(login, config);
    }
  }
  const password = passwordOf(login);
  const driver = { Client: pg.Client, Pool, types: pg.types };
  return { password, ssl: login.tls, driver, extra: { ...extra, password, ssl: login.tls } };
}

function mysql(login, extra) {
  const mysql2 = require('mysql2');
  const { settingsOf, withSecondTry } = require('../lib/mysql2.js');
  const { host, ssl, authPlugins, stream } = settingsOf(login);
  const driver = {
    ...mysql2,
    createPool: (config) => withSecondTry(login, mysql2.createPool(config)),
  };
  return { driver, extra: { ...extra, host, ssl, authPlugins, ...(stream && { stream }) } };
}

module.exports = { dataSourceOptions };
