// The calls of a client that wait for credentials. The core says when a provider function is called, and
// how.

import { clearInterval, setImmediate, setInterval } from 'node:timers';
import type { Happened, Lease, Next, Outcome, Pending, Request, Target, Tried } from './addon.js';
import { newNumber, theAlarm, waiting } from './alarm.js';
import { type AnyCall, Call, type Waiting } from './call.js';
import type { Client } from './client.js';
import * as events from './events.js';
import { isFailure, native, prepare, refusals, report, settle } from './internal.js';
import { resolve } from './region.js';
import type { Signing } from './signer.js';

export { type AnyCall, Call, type Waiting, waitingOf } from './call.js';
export { retried } from './events.js';
export { regionFrom, resolve } from './region.js';

export class Waiter {
  readonly #client: Client;
  // The fetch that runs by a provider function. One that hung may still run beside it.
  #fetch: symbol | undefined;
  readonly #calls = new Set<AnyCall>();
  readonly #number = newNumber();
  // Those that were told to the channels.
  #refreshes = 0;
  #failures = 0;

  constructor(client: Client) {
    this.#client = client;
  }

  // A lease, or the call that waits for one.
  lease(target: Target): Lease | Call<Lease> {
    const { native, provider } = this.#prepared();
    if (provider === undefined) return this.#attempt(native.lease(target));
    return this.#ask(
      target,
      () => this.#next(native.nextLease(target, true)).lease,
      () => cached(native.lease(target)),
    );
  }

  leaseNow(target: Target): Lease {
    const { native, provider } = this.#prepared();
    if (provider !== undefined) {
      const { lease } = this.#next(native.nextLease(target, false));
      if (lease !== undefined) return lease;
      throw refusals().wouldBlock();
    }
    const tried = native.lease(target);
    if (isPending(tried)) throw refusals().wouldBlock();
    return settle(tried);
  }

  // A new token.
  async sign(target: Target): Promise<string> {
    const { native, provider } = this.#prepared();
    if (provider === undefined) return this.finish(native.sign(target));
    const result = this.#ask(
      target,
      () => this.#next(native.nextToken(target)).token,
      () => cached(native.sign(target)),
    );
    return this.#await(result);
  }

  // A token that was tried for.
  async finish(tried: Tried<string>): Promise<string> {
    return this.#await(this.#attempt(tried));
  }

  // A token that `Signer` has tried for, or has yet to.
  async finishFor(signing: Signing, tried: Tried<string> | undefined): Promise<string> {
    try {
      if (tried !== undefined) return await this.finish(tried);
      const target = signing.target.handle ?? (await resolve(signing.target));
      if (this.#client.provider === undefined) {
        signing.login = settle(native.loginOf(this.#client.native, target));
      }
      return await this.sign(target);
    } catch (error) {
      throw (require('./more.js') as typeof import('./more.js')).asPeer(error);
    }
  }

  async wait<T>(call: Call<T>, options: Waiting): Promise<T> {
    const { timeout } = this.#client;
    // The core replaces a fetch that hangs when it is asked after the timeout of the client. Who waits
    // longer than that asks; the margin is for timers of Node, which may be early by its clock.
    const asks = options.timeout > timeout;
    const asking = asks ? setInterval(() => this.poll(), timeout * 1000 + 20) : undefined;
    asking?.unref();
    try {
      return await call.wait(options, (left) => this.#leave(left));
    } finally {
      clearInterval(asking);
    }
  }

  // Called when a fetch completes.
  poll(): void {
    let error: unknown;
    try {
      prepare(this.#client);
      for (const call of this.#calls) {
        if (!call.poll()) continue;
        this.#calls.delete(call);
        error ??= call.error;
      }
    } catch (failure) {
      this.#failAll(failure);
    }
    this.#rest();
    // Who waited comes first.
    setImmediate(() => this.report(error));
  }

  // Background failures are events of the core; others are known by what their callers get.
  emit(happened: Happened[]): void {
    for (const { refreshFailed, code, message } of happened) {
      if (!refreshFailed) process.emitWarning(message, 'RdsIamWarning');
      else {
        this.#failures += 1;
        events.failed().publish({ code, message });
      }
    }
  }

  // Tells the channels of fetches.
  report(error?: unknown): void {
    report(this.#client);
    const { refreshes, refreshFailures } = settle(this.#client.native.stats());
    for (; this.#refreshes < refreshes - refreshFailures; this.#refreshes += 1) {
      events.refreshed().publish({ refreshes: this.#refreshes + 1 });
    }
    if (this.#failures < refreshFailures && error instanceof refusals().RdsIamError) {
      events.failed().publish({ code: error.code, message: error.message, error });
    }
    this.#failures = refreshFailures;
  }

  #prepared(): Client {
    prepare(this.#client);
    return this.#client;
  }

  #await(result: string | Call<string>): string | Promise<string> {
    const { timeout } = this.#client;
    return result instanceof Call ? this.wait(result, { timeout }) : result;
  }

  #attempt<T extends string | Lease>(tried: Tried<T>): T | Call<T> {
    if (!isPending(tried)) return settle(tried) as T;
    return this.#begin(() => this.#poll(tried));
  }

  // Of a provider function. The region is first: the core reads a file for it if it has to. `askNow`
  // takes what is cached.
  #ask<T extends string | Lease>(
    target: Target,
    ask: () => T | undefined,
    askNow: () => T | undefined,
  ): T | Call<T> {
    let region = this.#client.native.region(target);
    if (!isPending(region)) settle(region);
    const poll = () => {
      if (isPending(region)) {
        const found = this.#poll(region);
        if (found === undefined) return undefined;
        region = found;
      }
      return ask();
    };
    return this.#begin(poll, askNow);
  }

  #poll<T>(pending: Pending<T>): T | undefined {
    return (settle(pending.poll(theAlarm(), this.#number)) as T | null | undefined) ?? undefined;
  }

  // The result of a call that may have to wait, or else the call.
  #begin<T extends string | Lease>(
    poll: () => T | undefined,
    askNow?: () => T | undefined,
  ): T | Call<T> {
    const result = poll();
    if (result !== undefined) return result;
    const call = new Call(poll, askNow);
    this.#calls.add(call);
    waiting.set(this.#number, this);
    return call;
  }

  // After the deadline of a caller. For the others the core is asked again: it replaces a fetch that
  // hangs.
  #leave(call: AnyCall): void {
    if (call.callers === 0 || call.poll()) this.#calls.delete(call);
    this.#rest();
  }

  #rest(): void {
    if (this.#calls.size === 0) waiting.delete(this.#number);
  }

  // Does what the core says has to be done next, and returns what was asked for if it is there.
  #next(outcome: Outcome<Next>): Next {
    const next = settle(outcome);
    if (next.request !== undefined) this.#refresh(next.request);
    return next;
  }

  async #refresh(request: Request): Promise<void> {
    const fetch = Symbol('fetch');
    this.#fetch = fetch;
    // The provider is the caller's code and may call back: first let the call be stored.
    await undefined;
    try {
      const { provider } = this.#client;
      const { fetchFrom } = require('./more.js') as typeof import('./more.js');
      if (provider !== undefined) await fetchFrom(provider, request);
    } catch (error) {
      setImmediate(() => this.report(error));
      // Nobody waits for a fetch that was replaced.
      if (this.#fetch === fetch) this.#failAll(error);
    }
    this.poll();
  }

  #failAll(error: unknown): void {
    for (const call of this.#calls) call.fail(error);
    this.#calls.clear();
  }
}

function isPending<T>(tried: Tried<T>): tried is Pending<T> {
  return tried instanceof native.Pending;
}

// The result of a try, if there is one.
function cached<T>(tried: Tried<T>): T | undefined {
  return isPending(tried) || isFailure(tried) ? undefined : tried;
}
