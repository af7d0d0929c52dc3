'use strict';

const { TokenCache } = require('./lib/cache.js');
const { RdsIamError } = require('./lib/errors.js');
const { Signer } = require('./lib/signer.js');

module.exports = {
  RdsIamError,
  Signer,
  TokenCache,
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
