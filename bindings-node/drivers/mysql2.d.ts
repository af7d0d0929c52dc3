import type { ConnectionOptions, Pool, PoolOptions } from 'mysql2';
import type { Connection } from 'mysql2/promise';
import type { DriverOptions, LoginOptions } from '../index.js';

export type Options<T = PoolOptions> = LoginOptions & DriverOptions<T> & { user: string };

/**
 * A pool of mysql2 whose new connections ask for a token, over verified TLS. A login that is
 * refused with a token from the cache is tried once more with a new one. For promises, use its
 * `promise()`.
 * @throws {RdsIamError} if an option is wrong, or would weaken TLS
 */
export declare function createPool(options: Options): Pool;

/** A connection as of `mysql2/promise`, after a second try if the first was refused as above. */
export declare function createConnection(options: Options<ConnectionOptions>): Promise<Connection>;

/** A configuration for functions of mysql2, without the second try. */
export declare function config<T extends Options>(options: T): PoolOptions;
