import type * as pg from 'pg';
import { Login } from '../login.js';
import type { DriverOptions, LoginOptions } from '../login-options.js';
import { clientOf, LoginPool, settingsOf } from '../pg-pool.js';

export type Options<T = pg.PoolConfig> = LoginOptions & DriverOptions<T>;

const loginOf = (options: object) => new Login(options, { port: 5432 });

/**
 * A `pg.Pool` whose new connections ask for a token, over verified TLS. A login that is refused
 * with a token from the cache is tried once more with a new one.
 */
export class Pool extends LoginPool {
  /** @throws {RdsIamError} if an option is wrong, or would weaken TLS */
  constructor(options: Options) {
    const login = loginOf(options);
    super(login, settingsOf(login));
  }
}

/** A connected client, after a second try if the first was refused as above. */
export async function connect(options: Options<pg.ClientConfig>): Promise<pg.Client> {
  const login = loginOf(options);
  const client = new (clientOf(login))(settingsOf(login));
  await client.connect();
  return client;
}

/**
 * A configuration for `new pg.Pool()`, pg-pool, or what makes one of them, with the second try; it
 * comes with the `Client` of these pools. For `new pg.Client()` it is one without the second try.
 */
export function config<T extends Options>(options: T): pg.PoolConfig {
  const login = loginOf(options);
  // `Client` is what pg-pool, and a pool of pg, make a connection from.
  return { ...settingsOf(login), Client: clientOf(login) } as pg.PoolConfig;
}
