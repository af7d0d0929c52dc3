'use strict';

// One token, kept. When it may be used is for the core to say; this side keeps the text, and the
// seconds in which it may be returned without asking.

const { Call, waitingOf } = require('./call.js');
const { Client } = require('./client.js');
const { RdsIamError, WOULD_BLOCK, invalid } = require('./errors.js');
const { text } = require('./arguments.js');
const { targetOf } = require('./target.js');

class TokenCache {
  #client;
  #target;
  // A clock of the caller's, in milliseconds.
  #clock;

  #lease;
  // When to return it, in milliseconds.
  #freshFrom = 0;
  #freshUntil = 0;

  // The call of those who found no token.
  #waiting;

  #hits = 0;
  #joined = 0;

  constructor(configuration) {
    this.#target = targetOf(configuration, 'the configuration of TokenCache');
    this.#clock = configuration.clock ?? undefined;
    // A region is part of the target.
    this.#client = new Client({ ...configuration, region: undefined });
  }

  async getToken(options) {
    return this.#isFresh() ? this.#lease.token : (await this.#obtain(options)).token;
  }

  getTokenSync() {
    return this.#isFresh() ? this.#lease.token : this.#obtainNow().token;
  }

  async get(options) {
    const lease = this.#isFresh() ? this.#lease : await this.#obtain(options);
    const { token, signedAt, expiresAt } = lease;
    return {
      token,
      signedAt: new Date(signedAt * 1000),
      expiresAt: new Date(expiresAt * 1000),
    };
  }

  invalidate(token) {
    const refused = token === undefined ? undefined : text('token', token);
    this.#drop(refused);
    const { handle } = this.#target;
    if (handle !== undefined) this.#client.invalidate(handle, refused);
  }

  loginRefused(token, began) {
    text('token', token);
    const at = Number(began);
    if (!Number.isFinite(at))
      throw invalid('began has to be a Date, or milliseconds as of Date.now()');
    this.#drop(token);
    const { handle } = this.#target;
    return handle !== undefined && this.#client.loginRefused(handle, token, at);
  }

  // The core sees neither the hits of this side nor those who join a call here.
  stats() {
    const stats = this.#client.stats();
    stats.hits += this.#hits;
    stats.misses += this.#joined;
    stats.waits += this.#joined;
    return stats;
  }

  #isFresh() {
    const now = this.#clock === undefined ? Date.now() : this.#clock();
    if (now < this.#freshFrom || now >= this.#freshUntil) return false;
    this.#hits += 1;
    return true;
  }

  #keep(lease) {
    this.#lease = lease;
    this.#freshFrom = lease.freshFrom * 1000;
    this.#freshUntil = lease.freshUntil * 1000;
    this.#client.report();
    return lease;
  }

  // Whoever comes after this does not join a call that began before it.
  #drop(refused) {
    this.#waiting = undefined;
    if (refused !== undefined && this.#lease?.token !== refused) return;
    this.#lease = undefined;
    this.#freshUntil = 0;
  }

  async #obtain(options) {
    const how = waitingOf(options, this.#client.timeout);
    // One that all its callers have left may hang.
    if (this.#waiting?.callers > 0) this.#joined += 1;
    else {
      const result = this.#begin();
      if (!(result instanceof Call)) return this.#keep(result);
      this.#waiting = result;
      this.#keepResult(result);
    }
    return this.#client.wait(this.#waiting, how);
  }

  #begin() {
    const { handle } = this.#target;
    if (handle !== undefined) return this.#client.lease(handle);
    return Call.after(this.#target.resolve(), (found) => this.#client.lease(found));
  }

  async #keepResult(call) {
    try {
      const lease = await call.promise;
      if (this.#waiting === call) this.#keep(lease);
    } catch {
      // The callers get it.
    }
    if (this.#waiting === call) this.#waiting = undefined;
  }

  #obtainNow() {
    const { handle } = this.#target;
    if (handle !== undefined) return this.#keep(this.#client.leaseNow(handle));
    throw new RdsIamError(
      WOULD_BLOCK,
      'the region function would have to be awaited, which getTokenSync() cannot do; give the ' +
        'region as a string, or await getToken() first',
    );
  }
}

module.exports = { TokenCache };
