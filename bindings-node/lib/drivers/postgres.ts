import { Duplex } from 'node:stream';

import net = require('node:net');
import tls = require('node:tls');
import connect = require('postgres');

import type { Options as PostgresOptions, PostgresType, Sql } from 'postgres';
import { RdsIamError } from '../errors.js';
import { type Attempt, Login } from '../login.js';
import type { DriverOptions, LoginOptions } from '../login-options.js';
import { withContext } from '../tls.js';

export type Options<T extends Record<string, PostgresType> = Record<string, PostgresType>> =
  LoginOptions & DriverOptions<PostgresOptions<T>>;

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);
const AUTHENTICATION_OK = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0]);
const ERROR = 0x45;

/**
 * `sql` of postgres.js, whose new connections ask for a token, over verified TLS. A login that
 * is refused with a token from the cache is tried once more with a new one.
 * @throws {RdsIamError} if an option is wrong, or would weaken TLS
 */
export function postgres(options: Options): Sql {
  const login = new Login(named(options), { port: 5432, query: (query) => ({ query }) });
  const { query, ...rest } = login.rest as { query?: Record<string, string> };
  // The attempt to log in over each socket. The password is asked for while its data is handled.
  const attempts = new WeakMap<tls.TLSSocket, Attempt>();
  let handled: tls.TLSSocket;
  const pass = () => attempts.get(handled)?.token;
  const open = async () => {
    const attempt = await login.attempt();
    const secure = await handshake(login, Number(sql.options.connect_timeout) * 1000);
    attempts.set(secure, attempt);
    const emit = secure.emit as (event: string | symbol, ...values: unknown[]) => boolean;
    secure.emit = (event: string | symbol, ...values: unknown[]) => {
      const [chunk] = values;
      if (event !== 'data' || !(chunk instanceof Buffer)) {
        return emit.call(secure, event, ...values);
      }
      const refusal = refusalIn(chunk);
      // postgres.js starts again, with another socket, if a connection closes during the login, but
      // not if it is refused. So a refusal that deserves a second try becomes a close.
      if (refusal !== undefined && login.shouldRetry(refusal, attempt)) {
        secure.destroy();
        return true;
      }
      if (refusal !== undefined || isLoggedIn(chunk)) secure.emit = emit as typeof secure.emit;
      handled = secure;
      return emit.call(secure, event, ...values);
    };
    return secure;
  };
  const socket = () => open().catch(failed);
  // The driver itself reads the query. TLS is set up here, so that it has nothing to decide about that.
  const url = `postgres://${login.host}/?${new URLSearchParams(query)}`;
  const sql = connect(url, { ...rest, pass, socket, ssl: false } as never) as Sql;
  return sql;
}

// The driver's other names for options.
function named(options: object): object {
  const { hostname, username, db, pass, ...rest } = options as Record<string, unknown>;
  return {
    ...rest,
    host: rest.host ?? hostname,
    user: rest.user ?? username,
    database: rest.database ?? db,
    password: rest.password ?? pass,
  };
}

// A socket that fails when the driver writes to it: one that closes earlier is the end of its connection,
// which then keeps what it had to write for ever. If the function threw instead, the driver would count the
// connection among those that are being made.
function failed(error: unknown): Duplex {
  const copy = copyOf(error) as Error;
  return new Duplex({
    emitClose: false,
    read() {},
    write: (_chunk, _encoding, done) => done(copy),
    destroy(reason, done) {
      done(reason);
      // As of a socket. After `true` the driver waits longer each time: for a server, not for a token.
      process.nextTick(() => this.emit('close', !(error instanceof RdsIamError)));
    },
  });
}

// The driver writes the query on what it gets, and many connections may share one error of ours.
function copyOf(error: unknown): unknown {
  if (!(error instanceof RdsIamError)) return error;
  const { code, message, retryable, cause } = error;
  return new RdsIamError(code, message, { retryable, cause });
}

async function handshake(
  login: Login,
  limit: number,
): Promise<tls.TLSSocket & { host?: string; port?: number }> {
  const socket = net.connect(login.port, login.host).setNoDelay(true);
  const failed = new Error('the server did not answer in time');
  // As in the driver, 0 is no limit.
  const timer = limit > 0 ? setTimeout(() => socket.destroy(failed), limit) : undefined;
  try {
    await event(socket, 'connect');
    socket.write(SSL_REQUEST);
    const [answer] = await event(socket, 'data');
    if ((answer as Buffer).toString('latin1') !== 'S')
      throw new Error('the server does not offer TLS');
    const secure: tls.TLSSocket & { host?: string; port?: number } = tls.connect({
      ...withContext(login.tls),
      socket,
    });
    await event(secure, 'secureConnect');
    secure.host = login.host;
    secure.port = login.port;
    return secure;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function event(socket: net.Socket, name: string): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const done = (...values: unknown[]) => settle(() => resolve(values));
    const failed = (error: unknown) => settle(() => reject(error));
    const closed = () => settle(() => reject(new Error('the server closed the connection')));
    const settle = (how: () => void) => {
      socket.off(name, done).off('error', failed).off('close', closed);
      how();
    };
    socket.once(name, done).once('error', failed).once('close', closed);
  });
}

// SQLSTATE and text of an error message, which is the whole answer to a login.
function refusalIn(chunk: Buffer): { code: string; message: string } | undefined {
  if (chunk[0] !== ERROR) return undefined;
  const said = chunk.toString('latin1');
  const code = /\0C([0-9A-Z]{5})\0/.exec(said)?.[1];
  return code === undefined ? undefined : { code, message: /\0M([^\0]*)\0/.exec(said)?.[1] ?? '' };
}

function isLoggedIn(chunk: Buffer): boolean {
  return chunk.subarray(0, AUTHENTICATION_OK.length).equals(AUTHENTICATION_OK);
}
