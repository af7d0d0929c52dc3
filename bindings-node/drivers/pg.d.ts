import * as pg from 'pg';
import type { DriverOptions, LoginOptions } from '../index.js';

export type Options<T = pg.PoolConfig> = LoginOptions & DriverOptions<T> & { user: string };

/**
 * A `pg.Pool` whose new connections ask for a token, over verified TLS. A login that is refused
 * with a token from the cache is tried once more with a new one.
 */
export declare class Pool extends pg.Pool {
  /** @throws {RdsIamError} if an option is wrong, or would weaken TLS */
  constructor(options: Options);
}

/** A connected client, after a second try if the first was refused as above. */
export declare function connect(options: Options<pg.ClientConfig>): Promise<pg.Client>;

/**
 * A configuration for `new pg.Pool()`, pg-pool, or what makes one of them, with the second try; it
 * comes with the `Client` of these pools. For `new pg.Client()` it is one without the second try.
 */
export declare function config<T extends Options>(options: T): pg.PoolConfig;
