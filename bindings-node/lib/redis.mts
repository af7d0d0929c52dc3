export type * from './redis.js';
export { credentialsProvider, streamingCredentialsProvider, withTokens } from './redis.js';
