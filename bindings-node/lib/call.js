'use strict';

// A call that waits for credentials, with any number of callers. Each has a deadline of its own, and
// may have a signal.

// Not those that a test puts in their place later: a bound is measured in real time.
const { clearTimeout, setTimeout } = require('node:timers');
const { RdsIamError, TIMEOUT, invalid } = require('./errors.js');

const LONGEST = 3600;

class Call {
  callers = 0;
  promise;
  #keepsAlive;
  #askNow;
  #poll;
  #resolve;
  #reject;

  // `poll` returns the result, or nothing if the call still has to wait. Waiting keeps the process alive
  // if `keepsAlive` says so.
  constructor(poll, keepsAlive = false, askNow = undefined) {
    this.#poll = poll;
    this.#askNow = askNow;
    this.#keepsAlive = keepsAlive;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Perhaps nobody waits any more.
    this.promise.catch(() => {});
  }

  // A call that begins when a promise resolves, with its value.
  static after(promise, begin) {
    let inner;
    // The chain behind a region function may be waited for.
    const call = new Call(() => {
      inner?.poll();
    }, true);
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
  poll() {
    try {
      const result = this.#poll();
      if (result === undefined || result === null) return false;
      this.#resolve(result);
    } catch (error) {
      this.#reject(error);
    }
    return true;
  }

  // After a fetch has failed. What is cached may serve all the same, as after an invalidation.
  fail(error) {
    const result = this.#askNow?.();
    if (result === undefined) this.#reject(error);
    else this.#resolve(result);
  }

  // The result, unless the deadline or the signal of this caller comes first: then `leave` is called.
  wait({ timeout, signal }, leave) {
    this.callers += 1;
    return new Promise((resolve, reject) => {
      const end = (settle, value) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        this.callers -= 1;
        settle(value);
      };
      const abort = () => {
        end(reject, signal.reason);
        leave(this);
      };
      const timer = setTimeout(() => {
        end(reject, overdue(timeout));
        leave(this);
      }, timeout * 1000);
      if (!this.#keepsAlive) timer.unref();
      signal?.addEventListener('abort', abort);
      this.promise.then(
        (value) => end(resolve, value),
        (error) => end(reject, error),
      );
    });
  }
}

// What a caller may say about waiting. Throws the reason of a signal that has been aborted.
function waitingOf(options, timeout) {
  if (options === undefined || options === null) return { timeout };
  const { signal, timeout: own = timeout } = options;
  if (!(Number.isFinite(own) && own > 0 && own <= LONGEST)) {
    throw invalid('timeout is not between 0 and an hour; give seconds, for example 10');
  }
  if (signal === undefined || signal === null) return { timeout: own };
  if (typeof signal.throwIfAborted !== 'function') {
    throw invalid('signal has to be an AbortSignal');
  }
  signal.throwIfAborted();
  return { timeout: own, signal };
}

function overdue(timeout) {
  return new RdsIamError(
    TIMEOUT,
    `the AWS credentials did not arrive within ${timeout} s; their source hangs. Check the network ` +
      'and the source, or raise the timeout',
    { retryable: true },
  );
}

module.exports = { Call, waitingOf };
