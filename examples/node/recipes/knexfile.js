'use strict';

// npx knex migrate:latest

const { config } = require('rdsiam/knex');
const connection = require('./options.js');

module.exports = config({
  client: 'pg',
  connection,
  migrations: { directory: `${__dirname}/knex-migrations`, tableName: 'recipe_knex' },
});
