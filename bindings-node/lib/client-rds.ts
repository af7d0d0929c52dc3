// What stands in for `@aws-sdk/client-rds`, by its name.

export {
  GenerateDBAuthTokenCommand,
  type GenerateDBAuthTokenCommandInput,
  RDSClient,
  type RDSClientConfig,
} from './index.js';
