// What callers give, and what they get.

/** An AWS access key. What `@smithy/types` calls `AwsCredentialIdentity` fits. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** For temporary credentials. An empty one counts as none. */
  readonly sessionToken?: string | undefined;
  /** When they expire. Expired credentials never sign. */
  readonly expiration?: Date | undefined;
}

/**
 * A function that returns credentials, as those of `@aws-sdk/credential-providers` do. It is called
 * when there are no credentials yet or they are stale, one call at a time: without arguments, and once
 * more with `{ forceRefresh: true }` if what it returned expires within 15 minutes, or after a login was
 * refused. It must not ask the cache it serves for a token.
 */
export type CredentialsProvider = (options?: {
  forceRefresh?: boolean;
  /** What a client of the AWS SDK passes; this package does not. */
  callerClientConfig?: never;
}) => Promise<Credentials> | Credentials;

/**
 * A region, or a function that gives one. The function is called when the first token is made,
 * and what it gave is kept.
 */
export type Region = string | (() => Promise<string | undefined> | string | undefined);

/** What a token logs in to. */
export type Kind =
  | 'rds'
  | 'dsql'
  | 'dsql-admin'
  | 'elasticache'
  | 'elasticache-serverless'
  | 'memorydb';

/** Which login a token is for, and who signs it. */
export interface SignerConfig {
  /** The endpoint as RDS shows it. Behind a tunnel it is still the RDS endpoint. */
  hostname: string;
  /** 1 to 65535; a string of digits will do. What signs no port may leave it out where it names its `kind`. */
  port: number | string;
  /** The database user. */
  username: string;
  /**
   * The region to sign for. Without it: the one in the host name, then `AWS_REGION`,
   * `AWS_DEFAULT_REGION`, and the profile's.
   */
  region?: Region | undefined;
  /**
   * What the token is for. Without it: DSQL if the host is the endpoint of a DSQL cluster, as admin if that is
   * the user, and RDS otherwise. ElastiCache and MemoryDB sign the name of the cache, which is `hostname`
   * then; like DSQL they sign no port.
   */
  kind?: Kind | undefined;
  /** The profile of the shared AWS files that credentials and region are taken from. */
  profile?: string | undefined;
  /** Without it: the default chain of the AWS SDKs. */
  credentials?: Credentials | CredentialsProvider | undefined;
  /** For tests: a clock in place of the system's, in milliseconds, such as `() => Date.now()` of a mock. */
  clock?: (() => number) | undefined;
  /** Accepted so that configurations for `@aws-sdk/rds-signer` fit, and not used. */
  sha256?: unknown;
}

export interface TokenCacheConfig extends Omit<SignerConfig, 'sha256'> {
  /** Seconds before its expiry from which on a token is replaced: 60. */
  refreshBefore?: number | undefined;
  /** Seconds that a token is valid for at least when it is returned: 10. */
  minRemaining?: number | undefined;
  /** Seconds that a token lives, 1 to 900, for DSQL up to 604800: 900. */
  expires?: number | undefined;
  /** Seconds that a call waits for credentials, at most an hour: 10. */
  timeout?: number | undefined;
}

/** What a client of the core is made with. */
export type ClientConfig = Omit<TokenCacheConfig, 'hostname' | 'port' | 'username' | 'kind'>;

/** How long a caller waits. */
export interface WaitOptions {
  /** Ends the waiting of this caller, who gets the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Seconds, in place of those of the cache. */
  timeout?: number | undefined;
}

/** A token, when it was signed, and when it expires: by itself, or with the credentials if they expire sooner. */
export interface Token {
  token: string;
  signedAt: Date;
  expiresAt: Date;
}

/** What a cache has done so far. */
export interface TokenCacheStats {
  /** Tokens returned from the cache. */
  hits: number;
  /** Calls that found no token. */
  misses: number;
  /** Signatures made. */
  signatures: number;
  /** Fetches of credentials. */
  refreshes: number;
  /** Fetches that failed. */
  refreshFailures: number;
  /** Calls that waited for a fetch that another had begun. */
  waits: number;
  /** Entries removed to keep the bound. */
  evictions: number;
  /** Tokens removed by `invalidate()` and `loginRefused()`. */
  invalidations: number;
  /** Entries now in the cache: 0 or 1. */
  entries: number;
}
