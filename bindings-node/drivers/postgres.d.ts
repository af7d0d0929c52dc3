import type { Options as PostgresOptions, PostgresType, Sql } from 'postgres';
import type { DriverOptions, LoginOptions } from '../index.js';

export type Options<T extends Record<string, PostgresType> = Record<string, PostgresType>> =
  LoginOptions & DriverOptions<PostgresOptions<T>> & { user: string };

/**
 * `sql` of postgres.js, whose new connections ask for a token, over verified TLS. A login that
 * is refused with a token from the cache is tried once more with a new one.
 * @throws {RdsIamError} if an option is wrong, or would weaken TLS
 */
export declare function postgres(options: Options): Sql;
