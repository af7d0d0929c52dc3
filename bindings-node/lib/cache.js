'use strict';

// One token, kept. What a token is worth at a moment is for the core to say; this side keeps
// the text and the time in which it may be handed out without asking.

const native = require('./native.js');
const { INTERNAL, RdsIamError, WOULD_BLOCK, settle, wouldBlock } = require('./errors.js');
const { optionalSeconds, optionalText } = require('./arguments.js');
const { fetchFrom, sourceOf } = require('./credentials.js');
const { targetOf } = require('./target.js');

class TokenCache {
  #client;
  #target;
  #provider;

  #lease;
  // When to hand it out, in milliseconds as Date.now() counts them.
  #freshFrom = 0;
  #freshUntil = 0;

  // What callers wait for who found no token, and the fetch behind a token that still serves.
  #waiting;
  #behind;

  #hits = 0;
  #joined = 0;

  constructor(configuration) {
    this.#target = targetOf(configuration, 'the configuration of TokenCache');
    const { profile, credentials, refreshBefore, minRemaining, expires } = configuration;
    const { external, provider, handle } = sourceOf(credentials);
    const options = {
      external,
      profile: optionalText('profile', profile),
      refreshBefore: optionalSeconds('refreshBefore', refreshBefore),
      minRemaining: optionalSeconds('minRemaining', minRemaining),
      expires: optionalSeconds('expires', expires),
    };
    this.#client = settle(native.createClient(options, handle));
    this.#provider = provider;
    this.#target.check(this.#client);
  }

  async getToken() {
    return this.#isFresh() ? this.#lease.token : (await this.#ask()).token;
  }

  getTokenSync() {
    return this.#isFresh() ? this.#lease.token : this.#askNow().token;
  }

  async get() {
    const { token, expiresAt } = this.#isFresh() ? this.#lease : await this.#ask();
    return { token, expiresAt: new Date(expiresAt * 1000) };
  }

  invalidate() {
    this.#lease = undefined;
    this.#freshUntil = 0;
    const target = this.#target.atHand(this.#client);
    if (target !== undefined) settle(this.#client.invalidate(target));
  }

  // The core sees neither the hits of this side nor those who join a wait here.
  stats() {
    const stats = settle(this.#client.stats());
    stats.hits += this.#hits;
    stats.misses += this.#joined;
    stats.waits += this.#joined;
    return stats;
  }

  #isFresh() {
    const now = Date.now();
    if (now < this.#freshFrom || now >= this.#freshUntil) return false;
    this.#hits += 1;
    return true;
  }

  #keep(lease) {
    this.#lease = lease;
    this.#freshFrom = lease.freshFrom * 1000;
    this.#freshUntil = lease.freshUntil * 1000;
    this.#target.warn(this.#client);
    return lease;
  }

  // A lease, or the promise of one, which all callers of that time share.
  #ask() {
    if (this.#waiting !== undefined) {
      this.#joined += 1;
      return this.#waiting;
    }
    const target = this.#target.atHand(this.#client);
    const next =
      target === undefined
        ? this.#target.fetch(this.#client).then((found) => this.#next(found))
        : this.#next(target);
    if (next.then === undefined) return next;
    this.#waiting = next.finally(() => {
      this.#waiting = undefined;
    });
    return this.#waiting;
  }

  #next(target) {
    if (this.#provider !== undefined) return this.#step(target);
    const outcome = this.#client.tryGetLease(target);
    return wouldBlock(outcome) ? this.#getOnPool(target) : this.#keep(settle(outcome));
  }

  async #getOnPool(target) {
    return this.#keep(settle(await this.#client.getLease(target)));
  }

  #step(target) {
    const { lease, ticket } = settle(this.#client.step(target, true));
    if (lease !== undefined) return this.#serve(lease, ticket);
    if (ticket !== undefined) return this.#fetch(ticket);
    if (this.#behind !== undefined) return this.#behind;
    throw new RdsIamError(INTERNAL, 'a refresh was lost; this is a fault of rdsiam');
  }

  #serve(lease, ticket) {
    if (ticket !== undefined) {
      const behind = this.#fetch(ticket).finally(() => {
        this.#behind = undefined;
      });
      // The token still serves: the core counts the failure and tries again after a pause.
      behind.catch(() => {});
      this.#behind = behind;
    }
    return this.#keep(lease);
  }

  async #fetch(ticket) {
    // The provider is the caller's code and may call back: first let this promise be stored.
    await undefined;
    try {
      const { handle, failure } = await fetchFrom(this.#provider);
      return this.#keep(settle(ticket.bring(handle), failure));
    } finally {
      // Does nothing after bring().
      settle(ticket.fail());
    }
  }

  #askNow() {
    const target = this.#target.atHand(this.#client);
    if (target === undefined) {
      throw new RdsIamError(
        WOULD_BLOCK,
        'the region would have to be looked up, which getTokenSync() cannot do; give the ' +
          'region as a string, or await getToken() first',
      );
    }
    if (this.#provider === undefined) {
      return this.#keep(settle(this.#client.tryGetLease(target)));
    }
    const { lease, ticket } = settle(this.#client.step(target, false));
    return this.#serve(lease, ticket);
  }
}

module.exports = { TokenCache };
