'use strict';

const { TokenCache } = require('./lib/cache.js');
const { RdsIamError } = require('./lib/errors.js');
const { Signer } = require('./lib/signer.js');

// Functions, because the ES module takes what a getter gives when it is loaded.
const caBundle = (options) => require('./lib/ca-bundle.js').caBundle(options);
const odbcQuote = (token, options) => require('./lib/quote.js').odbcQuote(token, options);
const pgpassQuote = (token) => require('./lib/quote.js').pgpassQuote(token);
const urlQuote = (token) => require('./lib/quote.js').urlQuote(token);

module.exports = {
  RdsIamError,
  Signer,
  TokenCache,
  caBundle,
  odbcQuote,
  pgpassQuote,
  urlQuote,
  // Rarely needed, so loaded at the first use.
  get GenerateDBAuthTokenCommand() {
    return require('./lib/rds-client.js').GenerateDBAuthTokenCommand;
  },
  get RDSClient() {
    return require('./lib/rds-client.js').RDSClient;
  },
  get explain() {
    return require('./lib/explain.js').explain;
  },
};
