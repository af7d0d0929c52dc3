'use strict';

// Where the database is, for all recipes. Credentials and region are found as the AWS SDKs find them.
module.exports = {
  host: process.env.DB_HOST,
  port: process.env.DB_PORT,
  user: process.env.DB_USER,
  database: process.env.DB_NAME,
  ca: process.env.DB_CA,
};
