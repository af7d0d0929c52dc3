'use strict';

// npx drizzle-kit push. Its configuration cannot wait, so the credentials have to be in the environment.

const { TokenCache } = require('rdsiam');
const { config } = require('rdsiam/pg');
const options = require('./options.js');

const { host, port, user, database, ssl } = config(options);
const cache = new TokenCache({ hostname: host, port, username: user });

module.exports = {
  dialect: 'postgresql',
  schema: `${__dirname}/drizzle-schema.js`,
  tablesFilter: ['recipe_drizzle_*'],
  dbCredentials: { host, port, user, database, password: cache.getTokenSync(), ssl },
};
