// The tokens of one login, each call a new one.

import type { Login } from './addon.js';
import { more, optionalText, options, settle } from './checks.js';
import { type Client, createClient, prepare, report, waiterOf } from './client.js';
import { native } from './native.js';
import { type Target, targetOf } from './target.js';
import type { SignerConfig } from './types.js';

// What signs, or why nothing does.
export interface Signing {
  client: Client;
  target: Target;
  // A client and a target in one: two thirds of the time of a signature by both. Missing while a function
  // has to be awaited.
  login: Login | undefined;
  hasReported: boolean;
  refusal?: unknown;
}

/** Stands in for the `Signer` of `@aws-sdk/rds-signer`, and gives the same bytes. */
export class Signer {
  readonly #signing: Signing;

  /** Looks at the arguments, but it is `getAuthToken()` that rejects if they are wrong. */
  constructor(configuration: SignerConfig) {
    const { profile, credentials, clock, expires } = options(
      configuration as SignerConfig & { expires?: number | undefined },
      'the configuration of Signer',
    );
    // The SDK's constructor takes anything, and getAuthToken() rejects.
    try {
      const target = targetOf(configuration);
      const client = createClient(
        {
          profile: optionalText('profile', profile),
          expires: expires === undefined ? expires : more().optionalSeconds('expires', expires),
        },
        credentials,
        clock,
      );
      const { handle } = target;
      const login =
        handle === undefined || client.provider !== undefined
          ? undefined
          : settle(native.loginOf(client.native, handle));
      this.#signing = { client, target, login, hasReported: false };
    } catch (refusal) {
      this.#signing = { refusal } as Signing;
    }
  }

  /**
   * Signs a new token at each call. For one that is kept, see {@link TokenCache}.
   * @throws {RdsIamError} by rejecting
   */
  async getAuthToken(): Promise<string> {
    const signing = this.#signing;
    const { client, login } = signing;
    if (client === undefined) throw signing.refusal;
    if (login !== undefined) prepare(client);
    const tried = login === undefined ? undefined : native.signAgain(login);
    const token =
      typeof tried === 'string' ? tried : await waiterOf(client).finishFor(signing, tried);
    // Once: only the first signature can find that the region contradicts the host.
    if (!signing.hasReported) report(client);
    signing.hasReported = true;
    return token;
  }
}
