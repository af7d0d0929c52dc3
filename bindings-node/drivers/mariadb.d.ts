import type { Connection, ConnectionConfig, Pool, PoolConfig } from 'mariadb';
import type { DriverOptions, LoginOptions } from '../index.js';

export type Options<T = PoolConfig> = LoginOptions & DriverOptions<T> & { user: string };

/** A connection, over verified TLS, after a second try if a token from the cache was refused. */
export declare function createConnection(options: Options<ConnectionConfig>): Promise<Connection>;

/**
 * A pool of the driver whose new connections ask for a token, over verified TLS. A login that is refused
 * with a token from the cache is tried once more with a new one.
 * @throws {RdsIamError} if an option is wrong, or would weaken TLS
 */
export declare function createPool(options: Options): Pool;
