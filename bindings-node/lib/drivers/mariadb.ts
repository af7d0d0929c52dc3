import mariadb = require('mariadb');

import type { Connection, ConnectionConfig, Pool, PoolConfig } from 'mariadb';
import { jsonQuery } from '../connection-string.js';
import { type Attempt, isRefusal, Login } from '../login.js';
import type { DriverOptions, LoginOptions } from '../login-options.js';
import { withContext } from '../tls.js';

export type Options<T = PoolConfig> = LoginOptions & DriverOptions<T>;

const loginOf = (options: object) => new Login(options, { port: 3306, query: jsonQuery });
const settingsOf = (login: Login) =>
  ({ ...login.rest, ssl: withContext(login.tls) }) as unknown as PoolConfig;

/** A connection, over verified TLS, after a second try if a token from the cache was refused. */
export async function createConnection(options: Options<ConnectionConfig>): Promise<Connection> {
  const login = loginOf(options);
  return login.tryTwice(({ token }) =>
    mariadb.createConnection({ ...settingsOf(login), password: token }),
  );
}

// What may dial.
const ASKING = ['getConnection', 'query', 'execute', 'batch', 'importFile'] as const;
type Asking = Record<(typeof ASKING)[number], (...args: unknown[]) => Promise<unknown>>;

/**
 * A pool of the driver whose new connections ask for a token, over verified TLS. A login that is refused
 * with a token from the cache is tried once more with a new one.
 * @throws {RdsIamError} if an option is wrong, or would weaken TLS
 */
export function createPool(options: Options): Pool {
  // The driver's own pool. It calls `stream` for each connection that it makes, one after the other, as
  // a method of the connection's settings: there the token is put.
  const login = loginOf(options);
  let attempt: Attempt;
  const waiting = new Set<(error: Error) => void>();
  // After a refusal that is not tried again, until somebody asks anew: the driver would go on trying.
  let refusal: Error | undefined;
  const fail = (error: Error) => {
    refusal = error;
    for (const reject of waiting) reject(error);
  };
  function stream(this: { password: string }, done: (error: Error | null) => void): void {
    if (refusal !== undefined) {
      done(new Error(refusal.message, { cause: refusal }));
      return;
    }
    login.attempt().then(
      (made) => {
        attempt = made;
        this.password = made.token;
        done(null);
      },
      (error) => {
        fail(error);
        // The driver adds to the message of what it is given.
        done(new Error(error.message, { cause: error }));
      },
    );
  }
  const pool = mariadb.createPool({ ...settingsOf(login), stream } as unknown as PoolConfig);
  // An event that the driver's types leave out.
  (pool as unknown as NodeJS.EventEmitter).on('error', (error: Error) => {
    if (refusal === undefined && isRefusal(error) && !login.shouldRetry(error, attempt))
      fail(error);
  });
  // The driver tells of a refused login by an event only, and lets who waits run into a limit.
  const orRefused = (promise: Promise<unknown>) =>
    new Promise((resolve, reject) => {
      waiting.add(reject);
      promise.then(resolve, reject).finally(() => waiting.delete(reject));
    });
  const asking = pool as unknown as Asking;
  for (const name of ASKING) {
    const method = asking[name].bind(pool);
    asking[name] = (...args) => {
      refusal = undefined;
      return orRefused(method(...args));
    };
  }
  return pool;
}
