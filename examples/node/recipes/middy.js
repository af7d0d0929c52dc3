'use strict';

// A Lambda with middy, and Powertools' logger for what happens beside the logins. The pool is made once, and
// asks for a token at each new connection.

const { channel } = require('node:diagnostics_channel');
const { Logger } = require('@aws-lambda-powertools/logger');
const { Pool } = require('rdsiam/pg');
const options = require('./options.js');

const logger = new Logger({ serviceName: 'orders' });
channel('rdsiam:refresh:failed').subscribe(({ code }) => logger.warn('no credentials', { code }));
channel('rdsiam:login:retry').subscribe(({ host }) => logger.info('second login', { host }));

const pool = new Pool({ ...options, max: 1 });

// Takes one connection for each event.
const connected = {
  before: async ({ context }) => {
    context.database = await pool.connect();
  },
  after: ({ context }) => context.database.release(),
  onError: ({ context }) => context.database?.release(true),
};

async function order(_event, { database }) {
  const { rows } = await database.query('select current_user as name');
  return rows[0].name;
}

// middy is an ES module.
exports.handler = async (event, context) => {
  const { default: middy } = await import('@middy/core');
  return middy(order).use(connected)(event, context);
};
exports.close = () => pool.end();
