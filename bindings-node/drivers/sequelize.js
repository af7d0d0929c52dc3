'use strict';

const { Sequelize } = require('sequelize');
const { invalid } = require('../lib/errors.js');
const { Login } = require('../lib/login.js');

const PORTS = { postgres: 5432, mysql: 3306, mariadb: 3306 };

function createSequelize({ dialectOptions, ...options }) {
  const { dialect } = options;
  if (!Object.hasOwn(PORTS, dialect)) {
    throw invalid('dialect has to be "postgres", "mysql" or "mariadb"');
  }
  if (options.replication) {
    throw invalid('replication has to be left out: one endpoint has one token');
  }
  const ssl = options.ssl === undefined ? dialectOptions?.ssl : options.ssl;
  const login = new Login({ ...options, ssl }, { userKey: 'username', port: PORTS[dialect] });
  const sequelize = new Sequelize({
    ...login.rest,
    dialectOptions: { ...dialectOptions, ...settingsOf(dialect, login) },
  });
  // Makes one connection of the pool, from a configuration that is its own.
  const manager = sequelize.connectionManager;
  const connect = manager.connect.bind(manager);
  manager.connect = (config) =>
    login.tryTwice(({ token }) => {
      // mysql2 asks for itself.
      if (dialect === 'mysql') return connect(config);
      return connect({ ...config, password: token });
    });
  return sequelize;
}

// What goes to the driver, and over what else was given for it.
function settingsOf(dialect, login) {
  if (dialect !== 'mysql') return { ssl: login.tls };
  const { host, port, ssl, authPlugins, stream } = require('../lib/mysql2.js').settingsOf(login);
  return { host, port, ssl, authPlugins, ...(stream && { stream }) };
}

module.exports = { createSequelize };
