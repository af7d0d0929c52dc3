import type { Knex } from 'knex';
import type { DriverOptions, LoginOptions } from '../index.js';

export interface Options extends Omit<Knex.Config, 'client' | 'connection'> {
  client: 'pg' | 'postgres' | 'postgresql' | 'mysql2';
  connection: LoginOptions &
    DriverOptions<Knex.PgConnectionConfig | Knex.MySql2ConnectionConfig> & {
      user: string;
      database?: string | undefined;
    };
}

/**
 * The argument for `knex()`. New connections of its pool ask for a token, over verified TLS. A
 * login that is refused with a token from the cache is tried once more with a new one.
 * @throws {RdsIamError} if an option is wrong, or would weaken TLS
 */
export declare function config(options: Options): Knex.Config;
