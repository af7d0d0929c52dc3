// The tokens of one login, each call a new one.

import type { Login, Tried } from './addon.js';
import { options } from './arguments.js';
import { Client } from './client.js';
import { type Target, targetOf } from './target.js';
import type { SignerConfig } from './types.js';

/** Stands in for the `Signer` of `@aws-sdk/rds-signer`, and gives the same bytes. */
export class Signer {
  #client!: Client;
  #target!: Target;
  #login: Login | undefined;
  #refusal: unknown;
  #hasReported = false;

  /** Looks at the arguments, but it is `getAuthToken()` that rejects if they are wrong. */
  constructor(configuration: SignerConfig) {
    const { profile, credentials, clock, expires } = options(
      configuration as SignerConfig & { expires?: number | undefined },
      'the configuration of Signer',
    );
    // The SDK's constructor takes anything, and getAuthToken() rejects.
    try {
      this.#target = targetOf(configuration);
      this.#client = new Client({ profile, credentials, clock, expires });
      const { handle } = this.#target;
      if (handle !== undefined) this.#login = this.#client.loginOf(handle);
    } catch (error) {
      this.#refusal = error;
    }
  }

  /**
   * Signs a new token at each call. For one that is kept, see {@link TokenCache}.
   * @throws {RdsIamError} by rejecting
   */
  async getAuthToken(): Promise<string> {
    if (this.#refusal !== undefined) throw this.#refusal;
    const tried = this.#login === undefined ? undefined : this.#client.sign(this.#login);
    const token = typeof tried === 'string' ? tried : await this.#finish(tried);
    // Once: only the first signature can find that the region contradicts the host.
    if (!this.#hasReported) this.#client.report();
    this.#hasReported = true;
    return token;
  }

  // What has to wait, or has failed.
  async #finish(tried: Tried<string> | undefined): Promise<string> {
    try {
      const { waiter } = this.#client;
      if (tried !== undefined) return await waiter.finish(tried);
      const target = this.#target.handle ?? (await this.#target.resolve());
      this.#login = this.#client.loginOf(target);
      return await waiter.sign(target);
    } catch (error) {
      throw (require('./more.js') as typeof import('./more.js')).asPeer(error);
    }
  }
}
