// What mysql2, and what builds on it, is given.

import net = require('node:net');

import mysql = require('mysql2');

import type { Connection, Pool, PoolOptions } from 'mysql2';
import { type Given, jsonQuery, type Kind } from './connection-string.js';
import { type Login, tryTwiceBack, unverified } from './login.js';
import { isVerified } from './tls.js';

interface KeepAlive {
  enableKeepAlive?: boolean;
  keepAliveInitialDelay?: number;
}

type AuthPlugins = NonNullable<PoolOptions['authPlugins']>;
type GetConnection = (done: (error: unknown, connection?: unknown) => void) => void;

export const KIND: Kind = { port: 3306, query: jsonQuery, prepare: withProfile };

// The options, with the roots that mysql2 has by this name, which it does not export.
export function withProfile(options: Given): Given {
  if (options.ssl !== 'Amazon RDS') return options;
  const { config } = mysql.createPool({ ssl: 'Amazon RDS' }) as unknown as {
    config: { connectionConfig: { ssl: { ca: string[] } } };
  };
  return { ...options, ssl: { ca: config.connectionConfig.ssl.ca } };
}

// mysql2 takes the name in the certificate from `host` and skips the check for an address, so
// `host` is the endpoint, and `stream` dials.
export function settingsOf(login: Login): PoolOptions {
  const { host, port, endpoint } = login;
  const plugins = login.rest.authPlugins as AuthPlugins | undefined;
  const settings: PoolOptions = {
    ...(login.rest as PoolOptions),
    host: endpoint,
    ssl: { ...login.tls, verifyIdentity: true } as NonNullable<PoolOptions['ssl']>,
    authPlugins: { ...plugins, mysql_clear_password: plugin(login) },
  };
  if (host !== endpoint) settings.stream = () => dial(host, port, login.rest as KeepAlive);
  return settings;
}

// As the driver does it.
function dial(
  host: string,
  port: number,
  { enableKeepAlive = true, keepAliveInitialDelay = 0 }: KeepAlive,
): net.Socket {
  const socket = net.connect(port, host).setNoDelay(true);
  return enableKeepAlive ? socket.setKeepAlive(true, keepAliveInitialDelay) : socket;
}

// Called by mysql2 when the server asks for the password in clear text, which is after TLS was
// set up, if it is. The last look before the token goes out.
function plugin(login: Login): AuthPlugins[string] {
  return ({ connection }) =>
    async () => {
      const { ssl } = (connection as Connection & { config: PoolOptions }).config;
      const isUnchanged = isVerified(ssl) && (ssl as { verifyIdentity?: boolean }).verifyIdentity;
      if (isUnchanged !== true) throw forMysql2(unverified());
      const token = await login.password().catch((error) => {
        throw forMysql2(error);
      });
      return Buffer.from(`${token}\0`);
    };
}

// mysql2 overwrites the code of what a plugin throws, and many logins may share one error.
function forMysql2(cause: Error): Error {
  return new Error(cause.message, { cause });
}

// Gives the new connections of a pool a second try.
export function withSecondTry(login: Login, pool: Pool): Pool {
  const connect = pool.getConnection.bind(pool) as unknown as GetConnection;
  const getConnection: GetConnection = (callback) => {
    // A connection that is free, or will be, needs no token.
    if (mayDial(pool)) tryTwiceBack(login, (_, done) => connect(done), callback);
    else connect(callback);
  };
  return Object.assign(pool, { getConnection });
}

interface Inside {
  config: PoolOptions;
  _freeConnections?: { length: number };
  _allConnections?: { length: number };
}

function mayDial(pool: Pool): boolean {
  const { config, _freeConnections: free, _allConnections: all } = pool as unknown as Inside;
  if (free !== undefined && free.length > 0) return false;
  const limit = config.connectionLimit ?? 0;
  return !(limit > 0 && all !== undefined && all.length >= limit);
}
