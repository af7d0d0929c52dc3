// The driver has types of its own for each kind of module, and those of the one do not fit the other's.

import type { Connection, ConnectionConfig, Pool, PoolConfig } from 'mariadb';
import type { DriverOptions, LoginOptions } from '../login-options.js';
import * as helper from './mariadb.js';

export type Options<T = PoolConfig> = LoginOptions & DriverOptions<T>;

/** A connection, over verified TLS, after a second try if a token from the cache was refused. */
export const createConnection = helper.createConnection as unknown as (
  options: Options<ConnectionConfig>,
) => Promise<Connection>;

/**
 * A pool of the driver whose new connections ask for a token, over verified TLS. A login that is refused
 * with a token from the cache is tried once more with a new one.
 * @throws {RdsIamError} if an option is wrong, or would weaken TLS
 */
export const createPool = helper.createPool as unknown as (options: Options) => Pool;
