import rdsiam from './index.js';

export const {
  GenerateDBAuthTokenCommand,
  RDSClient,
  RdsIamError,
  Signer,
  TokenCache,
  caBundle,
  explain,
  odbcQuote,
  pgpassQuote,
  urlQuote,
} = rdsiam;
