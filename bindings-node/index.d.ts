/**
 * IAM authentication tokens for Amazon RDS, Aurora and RDS Proxy: the password of one login,
 * signed locally and good for at most 15 minutes.
 */

import type { ConnectionOptions } from 'node:tls';

/** An AWS access key. What `@smithy/types` calls `AwsCredentialIdentity` fits. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** For temporary credentials. An empty one counts as none. */
  readonly sessionToken?: string | undefined;
  /** When they end. Credentials that have ended never sign. */
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

/** Which login a token is for, and who signs it. */
export interface SignerConfig {
  /** The endpoint as RDS shows it. Behind a tunnel it is still the RDS endpoint. */
  hostname: string;
  /** 1 to 65535; a string of digits will do. */
  port: number | string;
  /** The database user. */
  username: string;
  /**
   * The region to sign for. Without it: the one in the host name, then `AWS_REGION`,
   * `AWS_DEFAULT_REGION`, and the profile's.
   */
  region?: Region | undefined;
  /** The profile of the shared AWS files that credentials and region are taken from. */
  profile?: string | undefined;
  /** Without it: the default chain of the AWS SDKs. */
  credentials?: Credentials | CredentialsProvider | undefined;
  /** Accepted so that configurations for `@aws-sdk/rds-signer` fit, and not used. */
  sha256?: unknown;
}

/** Stands in for the `Signer` of `@aws-sdk/rds-signer`, and gives the same bytes. */
export declare class Signer {
  /** Looks at the arguments, but it is `getAuthToken()` that rejects if they are wrong. */
  constructor(configuration: SignerConfig);
  /**
   * Signs a new token at each call. For one that is kept, see {@link TokenCache}.
   * @throws {RdsIamError} by rejecting
   */
  getAuthToken(): Promise<string>;
}

export interface TokenCacheConfig extends Omit<SignerConfig, 'sha256'> {
  /** Seconds before its expiry from which on a token is replaced: 60. */
  refreshBefore?: number | undefined;
  /** Seconds that a token is valid for at least when it is returned: 10. */
  minRemaining?: number | undefined;
  /** Seconds that a token lives, 1 to 900: 900. */
  expires?: number | undefined;
  /** Seconds that a call waits for credentials, at most an hour: 10. */
  timeout?: number | undefined;
  /** For tests: a clock in place of the system's, in milliseconds, such as `() => Date.now()` of a mock. */
  clock?: (() => number) | undefined;
}

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

/**
 * One token, kept and replaced before it expires. Make one for each database and user, outside of
 * any handler, and ask it at each new connection.
 *
 * ```js
 * const cache = new TokenCache({ hostname, port: 5432, username: 'app' });
 * const pool = new pg.Pool({ host: hostname, user: 'app', password: () => cache.getToken(), ssl });
 * ```
 */
export declare class TokenCache {
  /** @throws {RdsIamError} if an argument is wrong */
  constructor(configuration: TokenCacheConfig);
  /**
   * The token, or a new one. All callers that have to wait share one fetch of credentials.
   * @throws {RdsIamError} by rejecting; with `ERR_RDSIAM_TIMEOUT` if the credentials do not arrive in time
   */
  getToken(options?: WaitOptions): Promise<string>;
  /**
   * The token, or a new one if that needs no waiting: the credentials are cached, given as an object, or
   * in the environment.
   * @throws {RdsIamError} with `ERR_RDSIAM_WOULD_BLOCK` if they have to be fetched first
   */
  getTokenSync(): string;
  /** As `getToken()`, with the times of the token. */
  get(options?: WaitOptions): Promise<Token>;
  /**
   * Removes the token, or only this one if it is still the cached one. The next call asks the source for
   * newer credentials, unless that was done within the last minute.
   */
  invalidate(token?: string): void;
  /**
   * To be called when the server refused a login with this token. Invalidates it, and returns whether to
   * log in once more: the token was signed before the login began, and no fresh token was refused within
   * the last minute. So N refused logins are at most N + 1 attempts.
   */
  loginRefused(token: string, began: Date | number): boolean;
  /** The counters. */
  stats(): TokenCacheStats;
}

export interface RDSClientConfig {
  /** For hosts that carry no region, where the command names none. */
  region?: Region | undefined;
  profile?: string | undefined;
  credentials?: Credentials | CredentialsProvider | undefined;
}

export interface GenerateDBAuthTokenCommandInput {
  DBHostname: string;
  Port: number | string;
  DBUser?: string | undefined;
  /** boto3's name for `DBUser`. */
  DBUsername?: string | undefined;
  Region?: string | undefined;
}

/**
 * Sends {@link GenerateDBAuthTokenCommand}, which many texts show but `@aws-sdk/client-rds` does
 * not have. Nothing is sent anywhere: a token is signed here.
 */
export declare class RDSClient {
  /** @throws {RdsIamError} if an argument is wrong */
  constructor(configuration?: RDSClientConfig);
  /**
   * A new token at each call.
   * @throws {RdsIamError} by rejecting
   */
  send(command: GenerateDBAuthTokenCommand): Promise<string>;
}

/** See {@link RDSClient}. */
export declare class GenerateDBAuthTokenCommand {
  constructor(input: GenerateDBAuthTokenCommandInput);
  readonly input: GenerateDBAuthTokenCommandInput;
}

/** What can be read in a token, without its signature and its session token. */
export interface Explanation {
  host: string | null;
  port: number | null;
  user: string | null;
  region: string | null;
  /** Which access key signed. Not a secret. */
  accessKeyId: string | null;
  hasSessionToken: boolean;
  signedAt: Date | null;
  /** The credentials may end sooner; the token cannot tell. */
  expiresAt: Date | null;
  /** Negative after the end. */
  remainingSeconds: number | null;
  /** Bytes. */
  length: number;
  /** What looks wrong, in plain words; empty if nothing does. */
  problems: string[];
  /** All of it, in lines for a person. */
  toString(): string;
}

/** Reads any text as a token and says what is wrong with it. */
export declare function explain(token: string): Explanation;

/**
 * What the helpers for drivers (`rdsiam/pg`, `rdsiam/mysql2`, ...) take beside the options of the
 * driver itself. They ask for TLS with a verified certificate, and refuse with
 * `ERR_RDSIAM_INVALID_ARGUMENT` what would weaken it.
 */
export interface LoginOptions {
  /** What is dialled: the endpoint, or the end of a tunnel, an address, a name of your own. */
  host: string;
  /** A string of digits will do. */
  port?: number | string | undefined;
  /**
   * The endpoint as RDS shows it, if `host` is another name or an address. It is signed, and the
   * server's certificate has to be for it.
   */
  signHost?: string | undefined;
  /** The port of the endpoint, if `port` is that of a tunnel. */
  signPort?: number | string | undefined;
  /**
   * The path of a PEM file or its text, or `'system'` for the roots that Node trusts, which are
   * those of RDS Proxy. Without it: {@link caBundle}.
   */
  ca?: string | Buffer | readonly (string | Buffer)[] | undefined;
  /** Further settings of `tls.connect`, such as a client certificate. */
  ssl?: true | 'verify-full' | Omit<ConnectionOptions, Verification> | undefined;
  region?: Region | undefined;
  profile?: string | undefined;
  credentials?: Credentials | CredentialsProvider | undefined;
  refreshBefore?: number | undefined;
  minRemaining?: number | undefined;
  expires?: number | undefined;
  timeout?: number | undefined;
  /** A cache of yours, in place of the seven settings above. */
  cache?: TokenCache | undefined;
}

type Verification = 'ca' | 'checkServerIdentity' | 'rejectUnauthorized' | 'servername';

/** The options of a driver without those that a helper gives itself. */
export type DriverOptions<T> = Omit<
  T,
  | keyof LoginOptions
  | 'connectionString'
  | 'pass'
  | 'password'
  | 'path'
  | 'socket'
  | 'socketPath'
  | 'stream'
  | 'uri'
  | 'url'
>;

/**
 * The path of a file with the root certificates of RDS: the one that the variable
 * `RDSIAM_CA_BUNDLE` names, or the first that serves of `global-bundle.pem` (or the region's) in
 * `/etc/ssl/rds` and other folders of the system and of a Lambda, `~/.postgresql/root.crt`, and the
 * working directory. It has to hold a root that is valid now, for the region if one is given; in the
 * last two places all that it holds has to be known as published by RDS.
 * @throws {RdsIamError} with `ERR_RDSIAM_INVALID_ARGUMENT`, what was found and what to download
 */
export declare function caBundle(options?: { region?: string | undefined }): string;

/** A token as the password in a URL. */
export declare function urlQuote(token: string): string;

/** A token as a field of `.pgpass`. */
export declare function pgpassQuote(token: string): string;

/**
 * A token as `PWD` in a connection string of ODBC. With `percent`, for psqlODBC, which also
 * decodes percent signs.
 */
export declare function odbcQuote(token: string, options?: { percent?: boolean }): string;

export type RdsIamErrorCode =
  | 'ERR_RDSIAM_INVALID_ARGUMENT'
  | 'ERR_RDSIAM_REGION_MISSING'
  | 'ERR_RDSIAM_CREDENTIALS_NOT_FOUND'
  | 'ERR_RDSIAM_CREDENTIALS_EXPIRED'
  | 'ERR_RDSIAM_CREDENTIALS_PROVIDER'
  | 'ERR_RDSIAM_TIMEOUT'
  | 'ERR_RDSIAM_WOULD_BLOCK'
  | 'ERR_RDSIAM_CLOCK'
  | 'ERR_RDSIAM_INTERNAL'
  | 'ERR_RDSIAM_PANIC';

/** What every function of this package throws, or rejects with. Its text holds no secret. */
export declare class RdsIamError extends Error {
  constructor(
    code: RdsIamErrorCode,
    message: string,
    options?: { retryable?: boolean; cause?: unknown },
  );
  /**
   * `RdsIamError`; of what `Signer` and `RDSClient` reject with for want of credentials, as with the
   * JS SDK, `CredentialsProviderError`, or the name of the error that a function of yours threw.
   */
  readonly name: string;
  readonly code: RdsIamErrorCode;
  /** Whether the same call can succeed later without a change by the caller. */
  readonly retryable: boolean;
  /** What a provider function threw. Its text is not this package's: mind it before you log it. */
  readonly cause?: unknown;
}
