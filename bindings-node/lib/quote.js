'use strict';

// A token inside of a text that gives some of its characters a meaning of their own.

const { text } = require('./arguments.js');

// As the password of a URL: everything but the unreserved characters of RFC 3986.
function urlQuote(token) {
  return encodeURIComponent(text('token', token)).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

// As a field of .pgpass.
function pgpassQuote(token) {
  return text('token', token).replace(/[\\:]/g, '\\$&');
}

// As PWD in a connection string of ODBC. psqlODBC also decodes percent signs, which
// `{ percent: true }` is for.
function odbcQuote(token, options) {
  const value = text('token', token).replaceAll('}', '}}');
  return `{${options?.percent === true ? value.replaceAll('%', '%25') : value}}`;
}

module.exports = { odbcQuote, pgpassQuote, urlQuote };
