/**
 * IAM authentication tokens for Amazon RDS, Aurora and RDS Proxy, Aurora DSQL, ElastiCache and MemoryDB: the
 * password of one login, signed locally and valid for at most 15 minutes.
 */

// The declarations of the package. What runs in place of this file is `entry.ts`.

export { type CaBundleOptions, caBundle } from './ca-bundle.js';
export { TokenCache } from './cache.js';
export { DsqlSigner, type DsqlSignerConfig } from './dsql-tokens.js';
export { RdsIamError, type RdsIamErrorCode } from './errors.js';
export { type Explanation, explain } from './explain.js';
export { odbcQuote, pgpassQuote, urlQuote } from './quote.js';
export {
  GenerateDBAuthTokenCommand,
  type GenerateDBAuthTokenCommandInput,
  RDSClient,
  type RDSClientConfig,
} from './rds-client.js';
export { Signer } from './signer.js';
export type {
  ClientConfig,
  Credentials,
  CredentialsProvider,
  Kind,
  Region,
  SignerConfig,
  Token,
  TokenCacheConfig,
  TokenCacheStats,
  WaitOptions,
} from './types.js';
