import rdsiam from './index.js';

export const { GenerateDBAuthTokenCommand, RDSClient, RdsIamError, Signer, TokenCache, explain } =
  rdsiam;
