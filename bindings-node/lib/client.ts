// A client of the core, as far as nothing has to be waited for. The rules of the cache are the core's.

import type { Client as Handle, Login, Stats, Target, Tried } from './addon.js';
import { optionalNumber, optionalSeconds, optionalText } from './arguments.js';
import { sourceOf } from './credentials.js';
import { environment } from './environment.js';
import { invalid, settle } from './errors.js';
import { native } from './native.js';
import type { ClientConfig, CredentialsProvider } from './types.js';
import type { Waiter } from './waiter.js';

const TIMEOUT = 10;

// A region function is called elsewhere.
export type Settings = Omit<ClientConfig, 'region'> & { region?: string | undefined };

export class Client {
  readonly timeout: number;
  readonly native: Handle;
  readonly provider: CredentialsProvider | undefined;
  readonly #clock: (() => number) | undefined;
  #waiter: Waiter | undefined;

  constructor(options: Settings) {
    const { credentials, profile, refreshBefore, minRemaining, expires } = options;
    const { provider, handle } = sourceOf(credentials);
    this.timeout = optionalNumber('timeout', options.timeout) ?? TIMEOUT;
    this.#clock = clockOf(options.clock);
    this.provider = provider;
    const settings = {
      region: optionalText('region', options.region),
      profile: optionalText('profile', profile),
      hostFetches: provider !== undefined,
      refreshBefore: optionalSeconds('refreshBefore', refreshBefore),
      minRemaining: optionalSeconds('minRemaining', minRemaining),
      expires: optionalSeconds('expires', expires),
      timeout: this.timeout,
      time: this.#clock?.(),
    };
    this.native = settle(native.createClient(settings, environment.handle, handle));
  }

  // Before a call of the addon that is no hit of this side.
  prepare(): void {
    environment.refresh();
    if (this.#clock !== undefined) settle(this.native.setTime(this.#clock()));
  }

  // A new token, for one target again and again: two thirds of the time of `native.sign`.
  sign(login: Login): Tried<string> {
    this.prepare();
    return native.signAgain(login);
  }

  // What `sign` takes, unless a function has to be awaited.
  loginOf(target: Target): Login | undefined {
    if (this.provider !== undefined) return undefined;
    return settle(native.loginOf(this.native, target));
  }

  invalidate(target: Target, token: string | undefined): void {
    this.prepare();
    settle(this.native.invalidate(target, token));
  }

  loginRefused(target: Target, token: string, began: number): boolean {
    this.prepare();
    return settle(this.native.loginRefused(target, token, began));
  }

  stats(): Stats {
    return settle(this.native.stats());
  }

  // What does the waiting, and tells of what happened meanwhile.
  get waiter(): Waiter {
    if (this.#waiter === undefined) {
      const { Waiter } = require('./waiter.js') as typeof import('./waiter.js');
      this.#waiter = new Waiter(this);
    }
    return this.#waiter;
  }

  // Tells what has happened beside the calls.
  report(): void {
    const happened = settle(this.native.takeEvents());
    if (happened.length > 0) this.waiter.emit(happened);
  }
}

// In seconds, as the core counts them.
function clockOf(clock: (() => number) | undefined): (() => number) | undefined {
  if (clock === undefined || clock === null) return undefined;
  if (typeof clock !== 'function') throw invalid('clock has to be a function like Date.now');
  return () => {
    const now = clock();
    if (Number.isFinite(now)) return Math.floor(now / 1000);
    throw invalid('clock has to return milliseconds, as Date.now() does');
  };
}
