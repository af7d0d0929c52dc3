export type { GenerateDBAuthTokenCommandInput, RDSClientConfig } from './index.js';
export { GenerateDBAuthTokenCommand, RDSClient } from './index.js';
