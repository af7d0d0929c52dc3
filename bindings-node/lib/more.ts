// What a first token that waits for nothing does without: the second file.

export { asPeer } from './as-peer.js';
export { TokenCache } from './cache.js';
export { retried } from './events.js';
export { explain } from './explain.js';
export { odbcQuote, pgpassQuote, urlQuote } from './quote.js';
export { GenerateDBAuthTokenCommand, RDSClient } from './rds-client.js';
export { Waiter } from './waiter.js';
