import { options } from './internal.js';
import type { Credentials, CredentialsProvider, Kind, Region } from './types.js';

// The one class of `index.js`, which the first token of RDS is signed by.
const { Signer } = require('./index.js') as typeof import('./index.js');

export interface DsqlSignerConfig {
  /** The endpoint of the cluster. */
  hostname: string;
  /** Without it: the one in the host name, then `AWS_REGION`, `AWS_DEFAULT_REGION`, and the profile's. */
  region?: Region | undefined;
  /** Seconds that a token lives, 1 to 604800: 900. */
  expiresIn?: number | undefined;
  profile?: string | undefined;
  credentials?: Credentials | CredentialsProvider | undefined;
  /** For tests: a clock in place of the system's, in milliseconds. */
  clock?: (() => number) | undefined;
  /** Accepted so that configurations for `@aws-sdk/dsql-signer` fit, and not used. */
  sha256?: unknown;
}

/** Stands in for the `DsqlSigner` of `@aws-sdk/dsql-signer`, and gives the same bytes. */
export class DsqlSigner {
  readonly #configuration: DsqlSignerConfig;
  readonly #signers: Partial<Record<Kind, InstanceType<typeof Signer>>> = {};

  /** It is the methods that reject if an argument is wrong. */
  constructor(configuration: DsqlSignerConfig) {
    this.#configuration = { ...options(configuration, 'the configuration of DsqlSigner') };
  }

  /**
   * A new token at each call, for any user but `admin`.
   * @throws {RdsIamError} by rejecting
   */
  async getDbConnectAuthToken(): Promise<string> {
    return this.#sign('dsql');
  }

  /**
   * A new token at each call, for the user `admin`.
   * @throws {RdsIamError} by rejecting
   */
  async getDbConnectAdminAuthToken(): Promise<string> {
    return this.#sign('dsql-admin');
  }

  #sign(kind: 'dsql' | 'dsql-admin'): Promise<string> {
    const { expiresIn, ...rest } = this.#configuration;
    const settings = { ...rest, expires: expiresIn, kind, port: 5432, username: '' };
    this.#signers[kind] ??= new Signer(settings);
    return this.#signers[kind].getAuthToken();
  }
}
