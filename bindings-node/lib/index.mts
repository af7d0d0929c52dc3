// One copy of the package for both kinds of modules: an error of the one is an instance of the other's.

export type * from './index.js';
export {
  caBundle,
  DsqlSigner,
  explain,
  GenerateDBAuthTokenCommand,
  odbcQuote,
  pgpassQuote,
  RDSClient,
  RdsIamError,
  Signer,
  TokenCache,
  urlQuote,
} from './index.js';
