// What pg, and what builds on it, is given.

import { EventEmitter } from 'node:events';

import pg = require('pg');

import { type Login, tryTwiceBack, unverified } from './login.js';
import { copyOf, isVerified, withContext } from './tls.js';

interface Parameters {
  ssl?: unknown;
}
type Password = (parameters?: Parameters) => Promise<string>;
type Done = (error?: unknown, ...results: unknown[]) => void;

// What a client of pg has beside its types.
interface Inside {
  _ending: boolean;
  connection: EventEmitter & { stream: { destroyed: boolean; destroy(): void } };
}

// pg calls the function as a method of its client, and hands it its own parameters, so that a setting that
// was changed on the way does not cost a token. A client that has no password keeps its connection.
export function passwordOf(login: Login): Password {
  return async function password(this: Inside | undefined, parameters) {
    try {
      if (parameters !== undefined && !isVerified(parameters.ssl)) throw unverified();
      return await login.password();
    } catch (error) {
      setImmediate(() => this?.connection?.stream.destroy());
      throw error;
    }
  };
}

export function settingsOf(login: Login): pg.PoolConfig {
  return { ...login.rest, password: passwordOf(login), ssl: login.tls } as pg.PoolConfig;
}

// What a pool makes its connections from: its option `Client`.
export function clientOf(login: Login): typeof pg.Client {
  return class Client extends pg.Client {
    readonly #settings: pg.ClientConfig;

    constructor(given?: string | pg.ClientConfig) {
      const settings = given as pg.ClientConfig;
      const { ssl } = settings;
      const isOurs = isVerified(ssl) && ssl.ca === login.tls.ca;
      const own = isOurs
        ? Object.assign(copyOf(settings), { ssl: withContext(ssl as Login['tls']) })
        : settings;
      super(own);
      this.#settings = own;
    }

    override connect(): Promise<this>;
    override connect(callback: (error: Error) => void): void;
    override connect(callback?: (error: Error) => void): unknown {
      if (callback === undefined) {
        return new Promise((resolve, reject) => {
          this.connect((error) => (error ? reject(error) : resolve(this)));
        });
      }
      const inside = this as unknown as Inside;
      let hasTried = false;
      const connect = (_: unknown, done: Done) => {
        // Somebody had enough while the token was fetched.
        if (inside._ending || (!hasTried && inside.connection.stream.destroyed)) {
          return done(new Error('the connection was ended before it was dialled'));
        }
        if (hasTried) this.#startAgain();
        hasTried = true;
        super.connect(done);
      };
      tryTwiceBack(login, connect, callback as Done);
      return undefined;
    }

    // A client of pg connects once, and who asked for this one keeps it: so it takes over all
    // that a new one starts with. Who listens to it stays.
    #startAgain(): void {
      const { connection } = this as unknown as Inside;
      connection.removeAllListeners();
      connection.on('error', () => {});
      connection.stream.destroy();
      const fresh = Object.getOwnPropertyDescriptors(new pg.Client(this.#settings));
      for (const name of EMITTER) Reflect.deleteProperty(fresh, name);
      Object.defineProperties(this, fresh);
    }
  };
}

const EMITTER = Reflect.ownKeys(new EventEmitter());

// The pool of pg, in which each new connection is tried twice.
export class LoginPool extends pg.Pool {
  constructor(login: Login, settings: pg.PoolConfig) {
    super({ ...settings, Client: clientOf(login) } as pg.PoolConfig);
  }
}
