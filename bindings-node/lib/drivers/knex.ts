import type { Knex } from 'knex';
import type { Kind } from '../connection-string.js';
import { invalid } from '../errors.js';
import { Login } from '../login.js';
import type { DriverOptions, LoginOptions } from '../login-options.js';

export type ConnectionOptions = LoginOptions &
  DriverOptions<Knex.PgConnectionConfig | Knex.MySql2ConnectionConfig> & {
    user?: string | undefined;
    database?: string | undefined;
    /** Of what a function returns: whether it is to be called again. */
    expirationChecker?: (() => boolean) | undefined;
  };

export interface Options extends Omit<Knex.Config, 'client' | 'connection'> {
  client: 'pg' | 'postgres' | 'postgresql' | 'mysql2' | 'mysql';
  /** Options, a connection string, or a function that returns options. */
  connection: ConnectionOptions | string | (() => ConnectionOptions | Promise<ConnectionOptions>);
}

type Dialect = new (...args: unknown[]) => { acquireRawConnection(): Promise<unknown> };

const pg = () => require('../pg-pool.js') as typeof import('../pg-pool.js');
const mysql2 = () => require('../mysql2-settings.js') as typeof import('../mysql2-settings.js');

// Each dialect of knex is a class whose method makes one connection of its pool.
const DIALECTS = {
  pg: {
    kind: (): Kind => ({ port: 5432 }),
    dialect: () => require('knex/lib/dialects/postgres/index.js') as Dialect,
    settings: () => pg().settingsOf,
  },
  mysql2: {
    kind: () => mysql2().KIND,
    dialect: () => require('knex/lib/dialects/mysql2/index.js') as Dialect,
    settings: () => mysql2().settingsOf,
  },
};

// The other names. By that of `mysql` knex takes a driver that cannot send a token; mysql2 stands in for it.
const ALIASES: Record<string, string> = { postgres: 'pg', postgresql: 'pg', mysql: 'mysql2' };

/**
 * The argument for `knex()`. New connections of its pool ask for a token, over verified TLS. A
 * login that is refused with a token from the cache is tried once more with a new one.
 * @throws {RdsIamError} if an option is wrong, or would weaken TLS
 */
export function config({ client: name, connection, ...rest }: Options): Knex.Config {
  const client = ALIASES[name] ?? name;
  if (client !== 'pg' && client !== 'mysql2') {
    throw invalid('client has to be "pg", "postgres", "postgresql", "mysql2" or "mysql"');
  }
  const { kind, dialect, settings } = DIALECTS[client];
  let login: Login;
  const open = (given: ConnectionOptions | string): Knex.StaticConnectionConfig => {
    const { expirationChecker, ...options } =
      typeof given === 'string' ? { connectionString: given } : given;
    login = new Login(options, kind());
    const made = settings()(login);
    return Object.assign(made, expirationChecker && { expirationChecker }) as never;
  };
  class Client extends dialect() {
    override acquireRawConnection() {
      return login.tryTwice(() => super.acquireRawConnection());
    }
  }
  return {
    ...rest,
    client: Client as unknown as typeof Knex.Client,
    connection:
      typeof connection === 'function' ? async () => open(await connection()) : open(connection),
  };
}
