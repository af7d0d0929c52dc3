import type { Knex } from 'knex';
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

// Each dialect of knex is a class whose method makes one connection of its pool.
const DIALECTS = {
  pg: {
    port: 5432,
    dialect: () => require('knex/lib/dialects/postgres/index.js') as Dialect,
    settings: () => (require('../pg-pool.js') as typeof import('../pg-pool.js')).settingsOf,
    prepare: <T extends object>(options: T) => options,
  },
  mysql2: {
    port: 3306,
    dialect: () => require('knex/lib/dialects/mysql2/index.js') as Dialect,
    settings: () =>
      (require('../mysql2-settings.js') as typeof import('../mysql2-settings.js')).settingsOf,
    prepare: <T extends object>(options: T) =>
      (require('../mysql2-settings.js') as typeof import('../mysql2-settings.js')).withProfile(
        options,
      ),
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
  const { port, dialect, settings, prepare } = DIALECTS[client];
  let login: Login;
  const open = (given: ConnectionOptions | string): Knex.StaticConnectionConfig => {
    const { expirationChecker, ...options } =
      typeof given === 'string' ? { connectionString: given } : given;
    login = new Login(prepare(options), { port });
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
