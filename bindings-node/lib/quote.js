'use strict';

// A token inside of a text that gives some of its characters a meaning of their own.

const native = require('./native.js');
const { text } = require('./arguments.js');
const { settle } = require('./errors.js');

// As the password of a URL.
function urlQuote(token) {
  return settle(native.urlQuote(text('token', token)));
}

// As a field of .pgpass.
function pgpassQuote(token) {
  return settle(native.pgpassQuote(text('token', token)));
}

// As PWD in a connection string of ODBC. psqlODBC also decodes percent signs, which
// `{ percent: true }` is for.
function odbcQuote(token, options) {
  return settle(native.odbcQuote(text('token', token), options?.percent === true));
}

module.exports = { odbcQuote, pgpassQuote, urlQuote };
