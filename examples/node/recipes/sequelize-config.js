'use strict';

// npx sequelize-cli db:migrate --config sequelize-config.js --migrations-path sequelize-migrations
// It connects once, so that one token is enough.

const { config } = require('rdsiam/pg');
const options = require('./options.js');

module.exports = async () => {
  const { host, port, user: username, database, ssl, password } = config(options);
  const login = { host, port, username, database, password: await password({ ssl }) };
  return {
    development: { ...login, dialect: 'postgres', dialectOptions: { ssl }, logging: false },
  };
};
