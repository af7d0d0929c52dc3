// A call that waits for credentials, with any number of callers. Each has a deadline of its own, and
// may have a signal.

// Not those that a test puts in their place later: a bound is measured in real time.
import { clearTimeout, setTimeout } from 'node:timers';
import { refusals } from './internal.js';
import type { WaitOptions } from './types.js';

const LONGEST = 3600;

export interface Waiting {
  timeout: number;
  signal?: AbortSignal;
}

/** A call, whatever its result is. */
export interface AnyCall {
  readonly callers: number;
  readonly error: unknown;
  poll(): boolean;
  fail(error: unknown): void;
}

export class Call<T> implements AnyCall {
  callers = 0;
  // Why it failed.
  error: unknown;
  readonly promise: Promise<T>;
  readonly #askNow: (() => T | undefined) | undefined;
  readonly #poll: () => T | undefined;
  #resolve!: (value: T | PromiseLike<T>) => void;
  #reject!: (error: unknown) => void;

  // `poll` returns the result, or nothing if the call still has to wait.
  constructor(poll: () => T | undefined, askNow?: () => T | undefined) {
    this.#poll = poll;
    this.#askNow = askNow;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Perhaps nobody waits any more.
    this.promise.catch(() => {});
  }

  // A call that begins when a promise resolves, with its value.
  static after<V, T extends {}>(promise: Promise<V>, begin: (value: V) => T | Call<T>): Call<T> {
    let inner: Call<T> | undefined;
    const call = new Call<T>(() => {
      inner?.poll();
      return undefined;
    });
    promise
      .then((value) => {
        const result = begin(value);
        if (!(result instanceof Call)) return result;
        inner = result;
        return inner.promise;
      })
      .then(call.#resolve, call.#reject);
    return call;
  }

  // Whether the call has completed.
  poll(): boolean {
    try {
      const result = this.#poll();
      if (result === undefined) return false;
      this.#resolve(result);
    } catch (error) {
      this.error = error;
      this.#reject(error);
    }
    return true;
  }

  // After a fetch has failed. What is cached may serve all the same, as after an invalidation.
  fail(error: unknown): void {
    const result = this.#askNow?.();
    if (result === undefined) this.#reject(error);
    else this.#resolve(result);
  }

  // The result, unless the deadline or the signal of this caller comes first: then `leave` is called. Who
  // waits keeps the process alive: it would end in silence, and with status 0, if the source hangs.
  wait({ timeout, signal }: Waiting, leave: (call: AnyCall) => void): Promise<T> {
    this.callers += 1;
    return new Promise((resolve, reject) => {
      let hasEnded = false;
      const end = () => {
        if (hasEnded) return;
        hasEnded = true;
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        this.callers -= 1;
      };
      const abort = () => {
        end();
        reject(signal?.reason);
        leave(this);
      };
      const timer = setTimeout(() => {
        end();
        reject(refusals().overdue(timeout));
        leave(this);
      }, timeout * 1000);
      signal?.addEventListener('abort', abort);
      this.promise.finally(end).then(resolve, reject);
    });
  }
}

// What a caller may say about waiting. Throws the reason of a signal that has been aborted.
export function waitingOf(options: WaitOptions | undefined, timeout: number): Waiting {
  if (options === undefined || options === null) return { timeout };
  const { signal, timeout: own = timeout } = options;
  if (!(Number.isFinite(own) && own > 0 && own <= LONGEST)) {
    throw refusals().invalid('timeout is not between 0 and an hour; give seconds, for example 10');
  }
  if (signal === undefined || signal === null) return { timeout: own };
  if (typeof signal.throwIfAborted !== 'function') {
    throw refusals().invalid('signal has to be an AbortSignal');
  }
  signal.throwIfAborted();
  return { timeout: own, signal };
}
