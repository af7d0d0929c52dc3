import type { DataSourceOptions } from 'typeorm';
import { invalid } from '../internal.js';
import { Login } from '../login.js';
import type { DriverOptions, LoginOptions } from '../login-options.js';

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

type Extra = Record<string, unknown> | undefined;

// TypeORM takes the module of the driver as an option, and makes its pool with it.
const KINDS = {
  postgres: { port: 5432, settings: postgres },
  mysql: { port: 3306, settings: mysql },
  mariadb: { port: 3306, settings: mysql },
};

/**
 * The argument for `new DataSource()`; of MySQL, mysql2 is the driver. New connections of its
 * pool ask for a token, over verified TLS. A login that is refused with a token from the cache is
 * tried once more with a new one.
 * @throws {RdsIamError} if an option is wrong, or would weaken TLS
 */
export function dataSourceOptions(options: Options): DataSourceOptions {
  if (!Object.hasOwn(KINDS, options.type)) {
    throw invalid('type has to be "postgres", "mysql" or "mariadb"');
  }
  const { port, settings } = KINDS[options.type];
  const { extra, ...rest } = options as Omit<Options, 'extra' | 'ssl'> & {
    extra?: Extra;
    replication?: unknown;
    ssl?: unknown;
  };
  if (rest.replication) {
    throw invalid('replication has to be left out: one endpoint has one token');
  }
  const ssl = rest.ssl === undefined ? extra?.ssl : rest.ssl;
  const login = new Login({ ...rest, ssl }, { userKey: 'username', port });
  return { ...login.rest, ...settings(login, extra) } as unknown as DataSourceOptions;
}

function postgres(login: Login, extra: Extra): object {
  const pg = require('pg') as typeof import('pg');
  const { LoginPool, passwordOf } = require('../pg-pool.js') as typeof import('../pg-pool.js');
  class Pool extends LoginPool {
    constructor(config: ConstructorParameters<typeof LoginPool>[1]) {
      super(login, config);
    }
  }
  const password = passwordOf(login);
  const driver = { Client: pg.Client, Pool, types: pg.types };
  return { password, ssl: login.tls, driver, extra: { ...extra, password, ssl: login.tls } };
}

function mysql(login: Login, extra: Extra): object {
  const mysql2 = require('mysql2') as typeof import('mysql2');
  const { settingsOf, withSecondTry } =
    require('../mysql2-settings.js') as typeof import('../mysql2-settings.js');
  const { host, ssl, authPlugins, stream } = settingsOf(login);
  const driver = {
    ...mysql2,
    createPool: (config: import('mysql2').PoolOptions) =>
      withSecondTry(login, mysql2.createPool(config)),
  };
  return { driver, extra: { ...extra, host, ssl, authPlugins, ...(stream && { stream }) } };
}
