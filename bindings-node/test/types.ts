// Checked by `npm run types`, never run: what should compile, and what should not.

import * as providers from '@aws-sdk/credential-providers';
import type * as aws from '@aws-sdk/rds-signer';
import {
  type Credentials,
  type CredentialsProvider,
  type Explanation,
  explain,
  GenerateDBAuthTokenCommand,
  RDSClient,
  RdsIamError,
  type RdsIamErrorCode,
  Signer,
  type SignerConfig,
  TokenCache,
  type TokenCacheStats,
} from 'rdsiam';

const login = { hostname: 'db.example.com', port: 5432, username: 'app' };
const keys: Credentials = { accessKeyId: 'a', secretAccessKey: 's', expiration: new Date() };
const provider: CredentialsProvider = async (options) => {
  const force: boolean | undefined = options?.forceRefresh;
  return force ? keys : { ...keys, sessionToken: 't' };
};

// Whatever the peer takes, ours takes; and ours stands where the peer's stood.
declare const peers: aws.SignerConfig;
const drop: SignerConfig = peers;
const signer: Pick<aws.Signer, 'getAuthToken'> = new Signer(peers);

// Each function of @aws-sdk/credential-providers.
const RoleArn = 'arn:aws:iam::123456789012:role/app';
new Signer({
  ...login,
  credentials: providers.fromCognitoIdentity({ identityId: 'i', clientConfig: {} }),
});
new Signer({
  ...login,
  credentials: providers.fromCognitoIdentityPool({ identityPoolId: 'i', clientConfig: {} }),
});
new Signer({ ...login, credentials: providers.fromContainerMetadata() });
new Signer({ ...login, credentials: providers.fromEnv() });
new Signer({ ...login, credentials: providers.fromHttp({}) });
new Signer({ ...login, credentials: providers.fromIni() });
new Signer({ ...login, credentials: providers.fromInstanceMetadata() });
new Signer({ ...login, credentials: providers.fromNodeProviderChain() });
new Signer({ ...login, credentials: providers.fromProcess() });
new Signer({ ...login, credentials: providers.fromSSO() });
new Signer({ ...login, credentials: providers.fromTemporaryCredentials({ params: { RoleArn } }) });
new Signer({ ...login, credentials: providers.fromTokenFile() });
new Signer({
  ...login,
  credentials: providers.fromWebToken({ roleArn: RoleArn, webIdentityToken: 't' }),
});

const token: Promise<string> = new Signer({ ...login, credentials: provider }).getAuthToken();
const cache = new TokenCache({
  ...login,
  region: async () => 'us-east-1',
  credentials: () => keys,
  refreshBefore: 60,
  minRemaining: 10,
  expires: 900,
  timeout: 5,
  clock: () => Date.now(),
});
const now: string = cache.getTokenSync();
const later: Promise<{ token: string; signedAt: Date; expiresAt: Date }> = cache.get();
const bounded: Promise<string> = cache.getToken({
  signal: new AbortController().signal,
  timeout: 2,
});
const stats: TokenCacheStats = cache.stats();
const hits: number = stats.hits;
cache.invalidate();
cache.invalidate(now);
const retry: boolean = cache.loginRefused(now, new Date());

const sent: Promise<string> = new RDSClient({ region: 'us-east-1' }).send(
  new GenerateDBAuthTokenCommand({ DBHostname: 'h', Port: 1, DBUser: 'u', Region: 'us-east-1' }),
);
const told: Explanation = explain(now);
const when: Date | null = told.expiresAt;

function codeOf(error: unknown): RdsIamErrorCode | undefined {
  return error instanceof RdsIamError && !error.retryable ? error.code : undefined;
}

// @ts-expect-error no host
new Signer({ port: 1, username: 'u' });
// @ts-expect-error half a key
new TokenCache({ ...login, credentials: { accessKeyId: 'a' } });
// @ts-expect-error no such option
new TokenCache({ ...login, refreshbefore: 5 });
// @ts-expect-error not a code
const code: RdsIamErrorCode = 'ERR_OTHER';
// @ts-expect-error read only
new RdsIamError('ERR_RDSIAM_PANIC', 'text').retryable = true;

export { bounded, code, codeOf, drop, hits, later, retry, sent, signer, token, when };
