// The tokens of one login, each call a new one.

import type { Login, Tried } from './addon.js';
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

// Functions, because V8 compiles methods when they are first called, which takes 60 us for a constructor
// with this body (compile.js).
function signingOf(configuration: SignerConfig): Signing {
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
    return { client, target, login, hasReported: false };
  } catch (refusal) {
    return { refusal } as Signing;
  }
}

function signed(signing: Signing): Tried<string> | undefined {
  const { client, login } = signing;
  if (client === undefined) throw signing.refusal;
  if (login === undefined) return undefined;
  prepare(client);
  return native.signAgain(login);
}

function reported(signing: Signing, token: string): string {
  // Once: only the first signature can find that the region contradicts the host.
  if (!signing.hasReported) report(signing.client);
  signing.hasReported = true;
  return token;
}

/** Stands in for the `Signer` of `@aws-sdk/rds-signer`, and gives the same bytes. */
export class Signer {
  readonly #signing: Signing;

  /** Looks at the arguments, but it is `getAuthToken()` that rejects if they are wrong. */
  constructor(configuration: SignerConfig) {
    this.#signing = signingOf(configuration);
  }

  /**
   * Signs a new token at each call. For one that is kept, see {@link TokenCache}.
   * @throws {RdsIamError} by rejecting
   */
  async getAuthToken(): Promise<string> {
    const signing = this.#signing;
    const tried = signed(signing);
    const token =
      typeof tried === 'string' ? tried : await waiterOf(signing.client).finishFor(signing, tried);
    return reported(signing, token);
  }
}
