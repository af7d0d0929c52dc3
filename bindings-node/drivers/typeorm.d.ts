import type { DataSourceOptions } from 'typeorm';
import type { DriverOptions, LoginOptions } from '../index.js';

// The member of the union for a type; that of MySQL has more than one.
type Kind<T, O = DataSourceOptions> = O extends { type: infer K }
  ? T extends K
    ? O
    : never
  : never;

type OptionsOf<T> = T extends unknown
  ? LoginOptions &
      DriverOptions<Omit<Kind<T>, 'driver' | 'replication' | 'type'>> & {
        type: T;
        username: string;
      }
  : never;

export type Options = OptionsOf<'postgres' | 'mysql' | 'mariadb'>;

/**
 * The argument for `new DataSource()`; of MySQL, mysql2 is the driver. New connections of its
 * pool ask for a token, over verified TLS. A login that is refused with a token from the cache is
 * tried once more with a new one.
 * @throws {RdsIamError} if an option is wrong, or would weaken TLS
 */
export declare function dataSourceOptions(options: Options): DataSourceOptions;
