import mysql = require('mysql2');
import promises = require('mysql2/promise');

import type { ConnectionOptions, Pool, PoolOptions } from 'mysql2';
import type { Connection } from 'mysql2/promise';
import { Login } from '../login.js';
import type { DriverOptions, LoginOptions } from '../login-options.js';
import { KIND, settingsOf, withSecondTry } from '../mysql2-settings.js';

export type Options<T = PoolOptions> = LoginOptions & DriverOptions<T>;

const loginOf = (options: object) => new Login(options, KIND);

/**
 * A pool of mysql2 whose new connections ask for a token, over verified TLS. A login that is
 * refused with a token from the cache is tried once more with a new one. For promises, use its
 * `promise()`.
 * @throws {RdsIamError} if an option is wrong, or would weaken TLS
 */
export function createPool(options: Options): Pool {
  const login = loginOf(options);
  return withSecondTry(login, mysql.createPool(settingsOf(login)));
}

/** A connection as of `mysql2/promise`, after a second try if the first was refused as above. */
export async function createConnection(options: Options<ConnectionOptions>): Promise<Connection> {
  const login = loginOf(options);
  return login.tryTwice(() => promises.createConnection(settingsOf(login)));
}

/** A configuration for functions of mysql2, without the second try. */
export function config<T extends Options>(options: T): PoolOptions {
  return settingsOf(loginOf(options));
}
