import type { DataSourceOptions } from 'typeorm';
import type { Given, Kind } from '../connection-string.js';
import { invalid } from '../errors.js';
import { Login } from '../login.js';
import type { DriverOptions, LoginOptions } from '../login-options.js';

// The member of the union for a type; that of MySQL has more than one.
type Source<T, O = DataSourceOptions> = O extends { type: infer K }
  ? T extends K
    ? O
    : never
  : never;

/** One host of a replication; what it leaves out is as in the options around it. */
export type Node = LoginOptions & { username?: string | undefined; database?: string | undefined };

type OptionsOf<T> = T extends unknown
  ? LoginOptions &
      DriverOptions<Omit<Source<T>, 'driver' | 'replication' | 'type'>> & {
        type: T;
        username?: string | undefined;
        /** Each host has a login of its own. */
        replication?: { master: Node; slaves: Node[]; [setting: string]: unknown } | undefined;
      }
  : never;

export type Options = OptionsOf<'postgres' | 'mysql' | 'mariadb'>;

type All = Omit<Options, 'extra' | 'ssl'> & {
  extra?: Record<string, unknown>;
  ssl?: unknown;
};

// TypeORM takes the module of the driver as an option, and makes its pools with it.
const KINDS = {
  postgres: { port: 5432, driver: postgres },
  mysql: { port: 3306, driver: mysql, prepare: withProfile },
  mariadb: { port: 3306, driver: mysql, prepare: withProfile },
};

// It ignores the query of a connection string.
const OF_ALL: Pick<Kind, 'query' | 'userKey'> = { userKey: 'username', query: () => ({}) };

/** The login of the host that a pool is made for. */
type LoginFor = (config: {
  host?: string | undefined;
  port?: number | undefined;
  user?: string | undefined;
}) => Login;

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
  const { driver, ...kind } = KINDS[options.type];
  const { replication, ...rest } = options as All;
  const logins: Login[] = [];
  const open = (node: Node | undefined) => {
    const { extra, ...both } = { ...rest, ...node };
    const ssl = both.ssl === undefined ? extra?.ssl : both.ssl;
    const login = new Login({ ...both, ssl }, { ...OF_ALL, ...kind });
    logins.push(login);
    return login.rest;
  };
  const made: Record<string, unknown> = { ...open(replication?.master) };
  if (replication) {
    const slaves = replication.slaves.map(open);
    made.replication = { ...replication, master: { ...made }, slaves };
  }
  const loginFor: LoginFor = (config) => {
    const fits = (login: Login) =>
      login.host === config.host &&
      login.port === config.port &&
      login.rest.username === config.user;
    const login = logins.find(fits);
    if (login === undefined) throw invalid('host, port or username were changed afterwards');
    return login;
  };
  return {
    ...made,
    ...(rest.extra && { extra: rest.extra }),
    driver: driver(loginFor),
  } as unknown as DataSourceOptions;
}

function withProfile(options: Given): Given {
  const mysql2 = require('../mysql2-settings.js') as typeof import('../mysql2-settings.js');
  return mysql2.withProfile(options);
}

function postgres(loginFor: LoginFor): object {
  const pg = require('pg') as typeof import('pg');
  const { LoginPool, passwordOf } = require('../pg-pool.js') as typeof import('../pg-pool.js');
  class Pool extends LoginPool {
    constructor(config: import('pg').PoolConfig) {
      const login = loginFor(config);
      super(login, { ...config, password: passwordOf(login), ssl: login.tls });
    }
  }
  return { Client: pg.Client, Pool, types: pg.types };
}

type PoolOptions = import('mysql2').PoolOptions;

interface Cluster {
  add(id: string, config: PoolOptions): void;
  _nodes: Record<string, { pool: import('mysql2').Pool }>;
}

function mysql(loginFor: LoginFor): object {
  const mysql2 = require('mysql2') as typeof import('mysql2');
  const { settingsOf, withSecondTry } =
    require('../mysql2-settings.js') as typeof import('../mysql2-settings.js');
  const settings = (config: PoolOptions) => {
    const login = loginFor(config);
    const { host, ssl, authPlugins, stream } = settingsOf(login);
    return { login, own: { ...config, host, ssl, authPlugins, ...(stream && { stream }) } };
  };
  const createPool = (config: PoolOptions) => {
    const { login, own } = settings(config);
    return withSecondTry(login, mysql2.createPool(own as PoolOptions));
  };
  const createPoolCluster = (config: import('mysql2').PoolClusterOptions) => {
    const cluster = mysql2.createPoolCluster(config) as unknown as Cluster;
    const add = cluster.add.bind(cluster);
    cluster.add = (id, given) => {
      const { login, own } = settings(given);
      add(id, own as PoolOptions);
      const node = cluster._nodes[id];
      if (node !== undefined) withSecondTry(login, node.pool);
    };
    return cluster;
  };
  return { ...mysql2, createPool, createPoolCluster };
}
