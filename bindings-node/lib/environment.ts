// The environment of the caller, `process.env`. In the main thread of Node it is that of the process.
// Elsewhere it is not: a worker has its own, a test runner puts a copy in its place, and what Bun
// writes reaches no other. Then the addon gets a copy before each call that may read a variable.

import { more, settle } from './checks.js';
import { native } from './native.js';

type Variables = Record<string, unknown>;

// All clients share it.
export const environment = settle(native.createEnvironment());
// The `process.env` that needs no copy.
let live: Variables | undefined;
let hasCopy = false;

export function refreshEnvironment(): void {
  const { env } = process;
  if (env !== undefined && env === live) return;
  const isLive = isOfProcess(env);
  if (!isLive || hasCopy) {
    settle(native.replaceEnvironment(environment, isLive ? undefined : more().copyOf(env)));
  }
  hasCopy = !isLive;
  live = isLive ? env : undefined;
}

// In the main thread Node's own object reads and writes the variables of the process. Its mark is that a
// name ends at its first NUL, as for the C library; a copy of it knows no such name, and a proxy may
// answer as it likes. In doubt it is not: a copy is always right, and only slower.
function isOfProcess(env: Variables): boolean {
  try {
    if ((env['PATH\0'] ?? env['HOME\0']) === undefined) return false;
    if (process.execArgv.includes('--use-env-proxy')) return false;
    // No worker can change the directory, and has no such function. Loading `worker_threads` takes as
    // long as all the rest of a first token.
    if (process.chdir.name !== 'wrappedChdir') {
      const threads = require('node:worker_threads') as typeof import('node:worker_threads');
      if (!threads.isMainThread) return false;
    }
    return !(require('node:util') as typeof import('node:util')).types.isProxy(env);
  } catch {
    return false;
  }
}
