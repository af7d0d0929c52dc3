// What a first token that waits for nothing does without: the last file.

export { clockOf, optionalSeconds } from './arguments.js';
export { asPeer } from './as-peer.js';
export { TokenCache } from './cache.js';
export { sourceOf } from './credentials.js';
export { DsqlSigner } from './dsql-tokens.js';
export { copyOf } from './environment-copy.js';
export { explain } from './explain.js';
export { fetchFrom } from './fetch.js';
export { odbcQuote, pgpassQuote, urlQuote } from './quote.js';
export { GenerateDBAuthTokenCommand, RDSClient } from './rds-client.js';
