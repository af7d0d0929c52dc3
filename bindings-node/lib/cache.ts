// One token, kept. When it may be used is for the core to say; this side keeps the text, and the
// seconds in which it may be returned without asking.

import type { Lease, Stats } from './addon.js';
import type { Client } from './client.js';
import { clientOf } from './client-options.js';
import { invalid, RdsIamError, WOULD_BLOCK } from './errors.js';
import { native, prepare, settle, targetOf, text, waiterOf } from './internal.js';
import type { Target } from './target.js';
import type { Kind, Token, TokenCacheConfig, TokenCacheStats, WaitOptions } from './types.js';
import { Call, resolve, waitingOf } from './waiter.js';

/**
 * One token, kept and replaced before it expires. Make one for each database and user, outside of
 * any handler, and ask it at each new connection.
 *
 * ```js
 * const cache = new TokenCache({ hostname, port: 5432, username: 'app' });
 * const pool = new pg.Pool({ host: hostname, user: 'app', password: () => cache.getToken(), ssl });
 * ```
 */
export class TokenCache {
  readonly #client: Client;
  readonly #target: Target;
  // A clock of the caller's, in milliseconds.
  readonly #clock: (() => number) | undefined;

  #lease: Lease | undefined;
  // When to return it, in milliseconds.
  #freshFrom = 0;
  #freshUntil = 0;

  // The call of those who found no token.
  #waiting: Call<Lease> | undefined;

  #hits = 0;
  #joined = 0;

  /** @throws {RdsIamError} if an argument is wrong */
  constructor(configuration: TokenCacheConfig) {
    this.#target = targetOf(configuration, 'the configuration of TokenCache');
    this.#clock = configuration.clock ?? undefined;
    // A region is part of the target.
    this.#client = clientOf({ ...configuration, region: undefined });
    const { handle } = this.#target;
    if (handle !== undefined) settle(this.#client.native.check(handle));
  }

  /**
   * The token, or a new one. All callers that have to wait share one fetch of credentials.
   * @throws {RdsIamError} by rejecting; with `ERR_RDSIAM_TIMEOUT` if the credentials do not arrive in time
   */
  async getToken(options?: WaitOptions): Promise<string> {
    return (this.#fresh() ?? (await this.#obtain(options))).token;
  }

  /**
   * The token, or a new one if that needs no waiting: the credentials are cached, given as an object, or
   * in the environment.
   * @throws {RdsIamError} with `ERR_RDSIAM_WOULD_BLOCK` if they have to be fetched first
   */
  getTokenSync(): string {
    return (this.#fresh() ?? this.#obtainNow()).token;
  }

  /** As `getToken()`, with the times of the token. */
  async get(options?: WaitOptions): Promise<Token> {
    const lease = this.#fresh() ?? (await this.#obtain(options));
    const { token, signedAt, expiresAt } = lease;
    return {
      token,
      signedAt: new Date(signedAt * 1000),
      expiresAt: new Date(expiresAt * 1000),
    };
  }

  /**
   * Removes the token, or only this one if it is still the cached one. The next call asks the source for
   * newer credentials, unless that was done within the last minute.
   */
  invalidate(token?: string): void {
    const refused = token === undefined ? undefined : text('token', token);
    this.#drop(refused);
    const { handle } = this.#target;
    if (handle === undefined) return;
    prepare(this.#client);
    settle(this.#client.native.invalidate(handle, refused));
  }

  /**
   * To be called when the server refused a login with this token. Invalidates it, and returns whether to
   * log in once more: the token was signed before the login began, and no fresh token was refused within
   * the last minute. So N refused logins are at most N + 1 attempts.
   */
  loginRefused(token: string, began: Date | number): boolean {
    text('token', token);
    const at = Number(began);
    if (!Number.isFinite(at))
      throw invalid('began has to be a Date, or milliseconds as of Date.now()');
    this.#drop(token);
    const { handle } = this.#target;
    if (handle === undefined) return false;
    prepare(this.#client);
    return settle(this.#client.native.loginRefused(handle, token, at));
  }

  /** What its tokens are for; undefined as long as a region function was not called. */
  get kind(): Kind | undefined {
    const { handle } = this.#target;
    return handle === undefined ? undefined : settle(native.kindOf(handle));
  }

  /** The counters. */
  stats(): TokenCacheStats {
    // The core sees neither the hits of this side nor those who join a call here.
    const stats: Stats = settle(this.#client.native.stats());
    stats.hits += this.#hits;
    stats.misses += this.#joined;
    stats.waits += this.#joined;
    return stats;
  }

  #fresh(): Lease | undefined {
    const now = this.#clock === undefined ? Date.now() : this.#clock();
    if (now < this.#freshFrom || now >= this.#freshUntil) return undefined;
    this.#hits += 1;
    return this.#lease;
  }

  #keep(lease: Lease): Lease {
    this.#lease = lease;
    this.#freshFrom = lease.freshFrom * 1000;
    this.#freshUntil = lease.freshUntil * 1000;
    waiterOf(this.#client).report();
    return lease;
  }

  // Whoever comes after this does not join a call that began before it.
  #drop(refused: string | undefined): void {
    this.#waiting = undefined;
    if (refused !== undefined && this.#lease?.token !== refused) return;
    this.#lease = undefined;
    this.#freshUntil = 0;
  }

  async #obtain(options: WaitOptions | undefined): Promise<Lease> {
    const how = waitingOf(options, this.#client.timeout);
    let call = this.#waiting;
    // One that all its callers have left may hang.
    if (call !== undefined && call.callers > 0) this.#joined += 1;
    else {
      const result = this.#begin();
      if (!(result instanceof Call)) return this.#keep(result);
      call = result;
      this.#waiting = call;
      this.#keepResult(call);
    }
    return waiterOf(this.#client).wait(call, how);
  }

  #begin(): Lease | Call<Lease> {
    const { handle } = this.#target;
    if (handle !== undefined) return waiterOf(this.#client).lease(handle);
    return Call.after(resolve(this.#target), (found) => waiterOf(this.#client).lease(found));
  }

  async #keepResult(call: Call<Lease>): Promise<void> {
    try {
      const lease = await call.promise;
      if (this.#waiting === call) this.#keep(lease);
    } catch {
      // The callers get it.
    }
    if (this.#waiting === call) this.#waiting = undefined;
  }

  #obtainNow(): Lease {
    const { handle } = this.#target;
    if (handle !== undefined) return this.#keep(waiterOf(this.#client).leaseNow(handle));
    throw new RdsIamError(
      WOULD_BLOCK,
      'the region function would have to be awaited, which getTokenSync() cannot do; give the ' +
        'region as a string, or await getToken() first',
    );
  }
}
