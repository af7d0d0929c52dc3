import type { Connection, ConnectionConfig, PoolConfig, PoolConnection, SqlError } from 'mariadb';
import type { DriverOptions, LoginOptions } from '../index.js';

export type Options<T = PoolConfig> = LoginOptions & DriverOptions<T> & { user: string };

/** A connection, over verified TLS, after a second try if a token from the cache was refused. */
export declare function createConnection(options: Options<ConnectionConfig>): Promise<Connection>;

/**
 * A pool over pools of the driver, one for each token: the driver's own keeps the password that
 * it began with. Connections of an older token end when they come back, every quarter of an hour
 * or so. `minimumIdle` is 0.
 */
export declare class Pool {
  /** @throws {SqlError} if there is no connection */
  getConnection(): Promise<PoolConnection>;
  query<T = unknown>(sql: string | object, values?: unknown): Promise<T>;
  execute<T = unknown>(sql: string | object, values?: unknown): Promise<T>;
  batch<T = unknown>(sql: string | object, values?: unknown): Promise<T>;
  /** Resolves when all connections have ended. */
  end(): Promise<void>;
}

/** @throws {RdsIamError} if an option is wrong, or would weaken TLS */
export declare function createPool(options: Options): Pool;

export type { SqlError };
