// As types.ts, for the other kind of module.

import { explain, RDSClient, RdsIamError, Signer, TokenCache } from 'rdsiam';

const token: Promise<string> = new Signer({
  hostname: 'h',
  port: '1',
  username: 'u',
}).getAuthToken();
const names = [explain, RdsIamError, RDSClient, TokenCache];

export { names, token };
