import { Sequelize, type Options as SequelizeOptions } from 'sequelize';
import { invalid } from '../errors.js';
import { Login } from '../login.js';
import type { DriverOptions, LoginOptions } from '../login-options.js';

/** One host of a replication; what it leaves out is as in the options around it. */
export type Node = LoginOptions & { username?: string | undefined; database?: string | undefined };

export type Options = LoginOptions &
  DriverOptions<Omit<SequelizeOptions, 'dialect' | 'replication'>> & {
    dialect: 'postgres' | 'mysql' | 'mariadb';
    username?: string | undefined;
    /** Each host has a login of its own. */
    replication?: false | { write: Node; read: Node[] } | undefined;
  };

const PORTS = { postgres: 5432, mysql: 3306, mariadb: 3306 };
type Dialect = keyof typeof PORTS;

interface Manager {
  connect(config: { rdsiamNode?: number }): Promise<unknown>;
}

type Given = Omit<Options, 'ssl'> & { dialectOptions?: { ssl?: unknown }; ssl?: unknown };

/**
 * A Sequelize whose new connections ask for a token, over verified TLS. A login that is refused
 * with a token from the cache is tried once more with a new one.
 * @throws {RdsIamError} if an option is wrong, or would weaken TLS
 */
export function createSequelize(given: Options): Sequelize {
  const { replication, ...options } = given as Given;
  const { dialect } = options;
  if (!Object.hasOwn(PORTS, dialect)) {
    throw invalid('dialect has to be "postgres", "mysql" or "mariadb"');
  }
  const { write, read = [] } = replication || { write: {} };
  const logins: Login[] = [];
  // By its number a node is told from the others when it connects.
  const nodeOf = (node: Node) => {
    const { login, settings } = open(dialect, options, node);
    return { ...settings, rdsiamNode: logins.push(login) - 1 };
  };
  const first = nodeOf(write);
  const sequelize = new Sequelize({
    ...first,
    ...(replication && { replication: { write: first, read: read.map(nodeOf) } }),
  } as SequelizeOptions);
  // Makes one connection of the pool, from a configuration that is its own.
  const manager = (sequelize as unknown as { connectionManager: Manager }).connectionManager;
  const connect = manager.connect.bind(manager);
  manager.connect = (config) => {
    const login = logins[config.rdsiamNode ?? 0] as Login;
    return login.tryTwice(({ token }) => {
      // mysql2 asks for itself.
      if (dialect === 'mysql') return connect(config);
      return connect({ ...config, password: token } as typeof config);
    });
  };
  return sequelize;
}

function open(dialect: Dialect, options: Given, node: Node) {
  const { dialectOptions, ...both } = { ...options, ...known(node) };
  const ssl = both.ssl === undefined ? dialectOptions?.ssl : both.ssl;
  const login = new Login(
    { ...both, ssl },
    {
      userKey: 'username',
      port: PORTS[dialect],
      // As sequelize does it.
      query: (query) => ({ dialectOptions: query }),
      ...(dialect === 'mysql' && { prepare: mysql2().withProfile }),
    },
  );
  const { dialectOptions: found, ...rest } = login.rest as { dialectOptions?: object };
  const settings = {
    ...rest,
    dialectOptions: { ...dialectOptions, ...found, ...settingsOf(dialect, login) },
  };
  return { login, settings };
}

const mysql2 = () => require('../mysql2-settings.js') as typeof import('../mysql2-settings.js');

function known(node: Node): Node {
  return Object.fromEntries(Object.entries(node).filter(([, value]) => value !== undefined));
}

// What goes to the driver, and over what else was given for it.
function settingsOf(dialect: Dialect, login: Login): object {
  if (dialect !== 'mysql') return { ssl: login.tls };
  const { host, port, ssl, authPlugins, stream } = mysql2().settingsOf(login);
  return { host, port, ssl, authPlugins, ...(stream && { stream }) };
}
