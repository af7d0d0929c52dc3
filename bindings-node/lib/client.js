'use strict';

// A client of the core, and the waiting for what it waits for. The rules of the cache are the
// core's: it says when a provider function is called, and how.

const native = require('./native.js');
const { Call } = require('./call.js');
const { newNumber, theAlarm, waiting } = require('./alarm.js');
const { WOULD_BLOCK, RdsIamError, invalid, settle } = require('./errors.js');
const { optionalNumber, optionalSeconds, optionalText } = require('./arguments.js');
const { fetchFrom, sourceOf } = require('./credentials.js');
const { environment } = require('./environment.js');
const events = require('./events.js');

const TIMEOUT = 10;

class Client {
  timeout;
  #native;
  #clock;
  #provider;
  // The fetch that runs by a provider function. One that hung may still run beside it.
  #fetch;
  #calls = new Set();
  // Those that were told to the channel.
  #refreshes = 0;
  #number = newNumber();

  // `made` is a client of the addon that was made already, with the same options.
  constructor(options, made) {
    const { credentials, profile, refreshBefore, minRemaining, expires } = options;
    const { provider, handle } = sourceOf(credentials);
    this.timeout = optionalNumber('timeout', options.timeout) ?? TIMEOUT;
    this.#clock = clockOf(options.clock);
    this.#provider = provider;
    this.#native =
      made ??
      settle(
        native.createClient(
          {
            region: optionalText('region', options.region),
            profile: optionalText('profile', profile),
            hostFetches: provider !== undefined,
            refreshBefore: optionalSeconds('refreshBefore', refreshBefore),
            minRemaining: optionalSeconds('minRemaining', minRemaining),
            expires: optionalSeconds('expires', expires),
            timeout: this.timeout,
            time: this.#clock?.(),
          },
          environment.handle,
          handle,
        ),
      );
  }

  // A lease, or the call that waits for one.
  lease(target) {
    this.#prepare();
    if (this.#provider === undefined) return this.#attempt(this.#native.lease(target));
    return this.#ask(
      target,
      () => this.#native.nextLease(target, true),
      () => cached(this.#native.lease(target)),
    );
  }

  leaseNow(target) {
    this.#prepare();
    if (this.#provider !== undefined) return this.#next(this.#native.nextLease(target, false));
    const tried = this.#native.lease(target);
    if (tried instanceof native.Pending) throw wouldBlock();
    return settle(tried);
  }

  // A new token. `tried` is the result of a first try.
  async sign(target, tried) {
    this.#prepare();
    const result =
      this.#provider === undefined
        ? this.#attempt(tried ?? this.#native.sign(target))
        : this.#ask(
            target,
            () => this.#native.nextToken(target),
            () => cached(this.#native.sign(target)),
          );
    return result instanceof Call ? this.wait(result, { timeout: this.timeout }) : result;
  }

  invalidate(target, token) {
    this.#prepare();
    settle(this.#native.invalidate(target, token));
  }

  loginRefused(target, token, began) {
    this.#prepare();
    return settle(this.#native.loginRefused(target, token, began));
  }

  stats() {
    return settle(this.#native.stats());
  }

  report() {
    events.report(this.#native);
    if (events.refreshed.hasSubscribers) this.#countRefreshes();
  }

  // The handle for signing without this class, unless a function has to be awaited.
  handle() {
    return this.#provider === undefined ? this.#native : undefined;
  }

  wait(call, options) {
    return call.wait(options, (left) => this.#leave(left));
  }

  // Called when a fetch completes.
  poll() {
    try {
      this.#prepare();
      this.report();
    } catch (error) {
      this.#failAll(error);
    }
    for (const call of this.#calls) if (call.poll()) this.#calls.delete(call);
    this.#rest();
  }

  #countRefreshes() {
    const { refreshes, refreshFailures } = this.stats();
    for (; this.#refreshes < refreshes - refreshFailures; this.#refreshes += 1) {
      events.refreshed.publish({});
    }
  }

  // Before a call of the addon that is no hit of this side.
  #prepare() {
    environment.refresh();
    if (this.#clock !== undefined) settle(this.#native.setTime(this.#clock()));
  }

  #attempt(tried) {
    if (!(tried instanceof native.Pending)) return settle(tried);
    return this.#begin(() => this.#poll(tried), true);
  }

  // Of a provider function. The region is first: the core reads a file for it if it has to. `askNow`
  // takes what is cached.
  #ask(target, ask, askNow) {
    let region = this.#native.region(target);
    const readsFile = region instanceof native.Pending;
    if (!readsFile) settle(region);
    return this.#begin(
      () => {
        if (region instanceof native.Pending) {
          const found = this.#poll(region);
          if (typeof found !== 'string') return undefined;
          region = found;
        }
        return this.#next(ask());
      },
      readsFile,
      askNow,
    );
  }

  #poll(pending) {
    return settle(pending.poll(theAlarm(), this.#number));
  }

  // The result of a call that may have to wait, or else the call. A provider function keeps the process
  // alive by itself if it has to.
  #begin(poll, keepsAlive, askNow) {
    const result = poll();
    if (result !== undefined && result !== null) return result;
    const call = new Call(poll, keepsAlive, askNow);
    this.#calls.add(call);
    waiting.set(this.#number, this);
    return call;
  }

  // After the deadline of a caller. For the others the core is asked again: it replaces a fetch that
  // hangs.
  #leave(call) {
    if (call.callers === 0 || call.poll()) this.#calls.delete(call);
    this.#rest();
  }

  #rest() {
    if (this.#calls.size === 0) waiting.delete(this.#number);
  }

  // Does what the core says has to be done next, and returns what was asked for if it is there.
  #next(outcome) {
    const { lease, token, request } = settle(outcome);
    if (request !== undefined) this.#refresh(request);
    return lease ?? token;
  }

  async #refresh(request) {
    const fetch = Symbol('fetch');
    this.#fetch = fetch;
    // The provider is the caller's code and may call back: first let the call be stored.
    await undefined;
    try {
      await fetchFrom(this.#provider, request);
    } catch (error) {
      // Nobody waits for a fetch that was replaced.
      if (this.#fetch === fetch) this.#failAll(error);
    }
    this.poll();
  }

  #failAll(error) {
    for (const call of this.#calls) call.fail(error);
    this.#calls.clear();
  }
}

// The result of a try, if there is one.
function cached(tried) {
  return tried instanceof native.Pending || tried.code !== undefined ? undefined : tried;
}

// In seconds, as the core counts them.
function clockOf(clock) {
  if (clock === undefined || clock === null) return undefined;
  if (typeof clock !== 'function') throw invalid('clock has to be a function like Date.now');
  return () => {
    const now = clock();
    if (Number.isFinite(now)) return Math.floor(now / 1000);
    throw invalid('clock has to return milliseconds, as Date.now() does');
  };
}

function wouldBlock() {
  return new RdsIamError(
    WOULD_BLOCK,
    'the credentials would have to be fetched, which getTokenSync() cannot wait for; await ' +
      'getToken() first, or give credentials that need no fetching',
  );
}

module.exports = { Client };
