// The environment of the caller, `process.env`. In the main thread of Node it is that of the process.
// Elsewhere it is not: a worker has its own, a test runner puts a copy in its place, and what Bun
// writes reaches no other. Then the addon gets a copy before each call that may read a variable.

import { settle } from './errors.js';
import { native } from './native.js';

type Variables = Record<string, unknown>;

export class Environment {
  readonly handle = new native.Environment();
  // The `process.env` that needs no copy.
  #live: Variables | undefined;
  #hasCopy = false;

  refresh(): void {
    const { env } = process;
    if (env !== undefined && env === this.#live) return;
    const isLive = isOfProcess(env);
    if (!isLive || this.#hasCopy) settle(this.handle.replace(isLive ? undefined : copyOf(env)));
    this.#hasCopy = !isLive;
    this.#live = isLive ? env : undefined;
  }
}

// In the main thread Node's own object reads and writes the variables of the process. Its mark is that a
// name ends at its first NUL, as for the C library; a copy of it knows no such name, and a proxy may
// answer as it likes. In doubt it is not: a copy is always right, and only slower.
function isOfProcess(env: Variables): boolean {
  try {
    const isNodes = ['PATH', 'HOME'].some((name) => env[`${name}\0`] !== undefined);
    const isPlain = isNodes && !process.execArgv.includes('--use-env-proxy');
    const { types } = require('node:util') as typeof import('node:util');
    return isPlain && isMainThread() && !types.isProxy(env);
  } catch {
    return false;
  }
}

// No worker can change the directory, and has no such function. Loading `worker_threads` takes as long
// as all the rest of a first token.
function isMainThread(): boolean {
  if (process.chdir.name === 'wrappedChdir') return true;
  return (require('node:worker_threads') as typeof import('node:worker_threads')).isMainThread;
}

// As `for` sees them: a test runner may lay one environment over another. What is no text is written
// out, as Node does when it is set.
function copyOf(env: Variables): Record<string, string> {
  const variables: Record<string, string> = Object.create(null);
  for (const name in env) {
    const value = env[name];
    if (typeof value === 'string') variables[name] = value;
    else if (typeof value === 'number' || typeof value === 'boolean') variables[name] = `${value}`;
  }
  // The core does not see the arguments of Node.
  if (process.execArgv?.includes('--use-env-proxy')) variables.NODE_USE_ENV_PROXY = '1';
  return variables;
}

// All clients share it.
export const environment = new Environment();
