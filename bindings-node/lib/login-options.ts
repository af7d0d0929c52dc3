// What callers give to the helpers for drivers.

import type { ConnectionOptions } from 'node:tls';
import type { TokenCache } from './cache.js';
import type { Credentials, CredentialsProvider, Region } from './types.js';

/**
 * What the helpers for drivers (`rdsiam/pg`, `rdsiam/mysql2`, ...) take beside the options of the
 * driver itself. They ask for TLS with a verified certificate, and refuse with
 * `ERR_RDSIAM_INVALID_ARGUMENT` what would weaken it.
 */
export interface LoginOptions {
  /**
   * What is dialled: the endpoint, or the end of a tunnel, an address, a name of your own. Without it, as of
   * the user, port and database: what the connection string says, or for PostgreSQL `PGHOST`.
   */
  host?: string | undefined;
  /** As `postgres://app@host:5432/database?sslmode=verify-full`, for instance `process.env.DATABASE_URL`. */
  connectionString?: string | undefined;
  /** The same, by mysql2's name. */
  uri?: string | undefined;
  /** The same, by the name of TypeORM and others. */
  url?: string | undefined;
  /** A string of digits will do. */
  port?: number | string | undefined;
  /**
   * The endpoint as RDS shows it, if `host` is another name or an address. It is signed, and the
   * server's certificate has to be for it.
   */
  signHost?: string | undefined;
  /**
   * The port of the endpoint. Without it `port`, or the driver's default behind a tunnel, where `signHost`
   * is another name.
   */
  signPort?: number | string | undefined;
  /**
   * The path of a PEM file or its text, or `'system'` for the roots that Node trusts, which are
   * those of RDS Proxy. Without it: {@link caBundle}.
   */
  ca?: string | Buffer | readonly (string | Buffer)[] | undefined;
  /** Further settings of `tls.connect`, such as a client certificate. The server is verified in any case. */
  ssl?:
    | true
    | 'require'
    | 'verify-ca'
    | 'verify-full'
    | 'Amazon RDS'
    | Omit<ConnectionOptions, Verification>
    | undefined;
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
  keyof LoginOptions | 'pass' | 'password' | 'path' | 'socket' | 'socketPath' | 'stream'
>;
