'use strict';

const native = require('./native.js');
const { invalid, settle } = require('./errors.js');

function explain(token) {
  if (typeof token !== 'string') throw invalid('token has to be a string');
  const { text, ...explanation } = settle(native.explain(token.toWellFormed()));
  explanation.signedAt = dateOf(explanation.signedAt);
  explanation.expiresAt = dateOf(explanation.expiresAt);
  // Not to be seen where the fields are printed or compared.
  return Object.defineProperty(explanation, 'toString', { value: () => text });
}

function dateOf(seconds) {
  return seconds === null ? null : new Date(seconds * 1000);
}

module.exports = { explain };
