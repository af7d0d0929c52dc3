'use strict';

// MikroORM 6 calls a function for the password of each new connection.

const { MikroORM } = require('@mikro-orm/postgresql');
const { config } = require('rdsiam/pg');
const options = require('./options.js');

const { host, port, user, database: dbName, ssl, password } = config(options);

exports.open = (more) =>
  MikroORM.init({
    host,
    port,
    user,
    dbName,
    password: () => password({ ssl }),
    driverOptions: { connection: { ssl } },
    ...more,
  });
