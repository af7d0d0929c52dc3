import { Sequelize, type Options as SequelizeOptions } from 'sequelize';
import { invalid } from '../internal.js';
import { Login } from '../login.js';
import type { DriverOptions, LoginOptions } from '../login-options.js';

export type Options = LoginOptions &
  DriverOptions<Omit<SequelizeOptions, 'dialect' | 'replication'>> & {
    dialect: 'postgres' | 'mysql' | 'mariadb';
    username: string;
  };

const PORTS = { postgres: 5432, mysql: 3306, mariadb: 3306 };
type Dialect = keyof typeof PORTS;

interface Manager {
  connect(config: object): Promise<unknown>;
}

/**
 * A Sequelize whose new connections ask for a token, over verified TLS. A login that is refused
 * with a token from the cache is tried once more with a new one.
 * @throws {RdsIamError} if an option is wrong, or would weaken TLS
 */
export function createSequelize(given: Options): Sequelize {
  const { dialectOptions, ...options } = given as Options & {
    dialectOptions?: { ssl?: unknown };
    replication?: unknown;
    ssl?: unknown;
  };
  const { dialect } = options;
  if (!Object.hasOwn(PORTS, dialect)) {
    throw invalid('dialect has to be "postgres", "mysql" or "mariadb"');
  }
  if (options.replication) {
    throw invalid('replication has to be left out: one endpoint has one token');
  }
  const ssl = options.ssl === undefined ? dialectOptions?.ssl : options.ssl;
  const login = new Login({ ...options, ssl }, { userKey: 'username', port: PORTS[dialect] });
  const sequelize = new Sequelize({
    ...(login.rest as SequelizeOptions),
    dialectOptions: { ...dialectOptions, ...settingsOf(dialect, login) },
  });
  // Makes one connection of the pool, from a configuration that is its own.
  const manager = (sequelize as unknown as { connectionManager: Manager }).connectionManager;
  const connect = manager.connect.bind(manager);
  manager.connect = (config) =>
    login.tryTwice(({ token }) => {
      // mysql2 asks for itself.
      if (dialect === 'mysql') return connect(config);
      return connect({ ...config, password: token });
    });
  return sequelize;
}

// What goes to the driver, and over what else was given for it.
function settingsOf(dialect: Dialect, login: Login): object {
  if (dialect !== 'mysql') return { ssl: login.tls };
  const mysql2 = require('../mysql2-settings.js') as typeof import('../mysql2-settings.js');
  const { host, port, ssl, authPlugins, stream } = mysql2.settingsOf(login);
  return { host, port, ssl, authPlugins, ...(stream && { stream }) };
}
