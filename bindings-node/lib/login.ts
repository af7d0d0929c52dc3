// What the helpers for drivers share: a token for each new connection, had before it is dialled;
// verified TLS; and a second try with a new token where the core says so.

import { isIP } from 'node:net';
import { type Kind, withPlace } from './connection-string.js';
import { INVALID_ARGUMENT, invalid, RdsIamError } from './errors.js';
import { TokenCache } from './index.js';
import {
  environment,
  native,
  options as optionsOf,
  port as portOf,
  refreshEnvironment,
  settle,
  text,
} from './internal.js';
import type { LoginOptions } from './login-options.js';
import { type TlsSettings, tlsSettings } from './tls.js';
import { retried } from './waiter.js';

/** A token, and when the login with it began. */
export interface Attempt {
  token: string;
  began: number;
}

/** What is left of the options for the driver, with a host and a port. */
export type Rest = Record<string, unknown> & { host: string; port: number };

type Given = Omit<LoginOptions, 'ssl'> & { ssl?: unknown; password?: unknown };
type Own = Omit<ConstructorParameters<typeof TokenCache>[0], 'hostname' | 'port' | 'username'>;
type Done = (error: unknown, ...results: unknown[]) => void;

// How a server says that a password is not right: PostgreSQL and MySQL.
const REFUSALS = new Set<unknown>(['28000', '28P01', 1045]);
// Aurora DSQL says no more than that, under a code of other failures too.
const DSQL_REFUSED = 'unable to accept connection, access denied';
// Each would be a way around the settings made here.
const CONTRARY = ['socketPath', 'stream', 'path'];

export class Login {
  readonly #cache: TokenCache;

  readonly rest: Rest;
  readonly host: string;
  readonly port: number;
  // What was signed, and what the server's certificate has to name.
  readonly endpoint: string;
  readonly tls: TlsSettings;

  constructor(options: object, kind: Kind) {
    const { userKey = 'user', port } = kind;
    const {
      signHost,
      signPort,
      region,
      profile,
      credentials,
      ca,
      refreshBefore,
      minRemaining,
      expires,
      timeout,
      cache,
      ssl,
      password,
      ...rest
    } = withPlace(optionsOf(options, 'the argument') as Record<string, unknown>, kind) as Given;
    refuse(rest as Record<string, unknown>, password);
    this.host = text('host', rest.host);
    this.port = portOf(rest.port ?? port);
    this.endpoint = endpointOf(this.host, signHost);
    const own = { region, profile, credentials, refreshBefore, minRemaining, expires, timeout };
    this.#cache =
      cache === undefined
        ? new TokenCache({
            hostname: this.endpoint,
            // Behind a tunnel the port that is dialled says nothing about the database's.
            port: signPort ?? (this.endpoint === this.host ? this.port : port),
            username: text(userKey, (rest as Record<string, unknown>)[userKey]),
            ...own,
          })
        : cacheOf(cache, own);
    this.tls = tlsSettings({
      // The certificates of DSQL are from authorities that Node has.
      ca: ca ?? (this.#cache.kind?.startsWith('dsql') === true ? 'system' : undefined),
      ssl,
      endpoint: this.endpoint,
      region: typeof region === 'string' ? region : regionOf(this.endpoint, profile),
    });
    this.rest = { ...rest, host: this.host, port: this.port };
  }

  // The password of one login.
  password(): Promise<string> {
    return this.#cache.getToken();
  }

  // A token, and when the login with it began.
  async attempt(): Promise<Attempt> {
    const began = Date.now();
    return { token: await this.password(), began };
  }

  // Whether to log in once more after this attempt failed. If it was refused, its token is not used again.
  shouldRetry(error: unknown, { token, began }: Attempt): boolean {
    if (!isRefusal(error) || !this.#cache.loginRefused(token, began)) return false;
    retried().publish({ host: this.endpoint, error });
    return true;
  }

  async tryTwice<T>(connect: (attempt: Attempt) => Promise<T> | T): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      const attempt = await this.attempt();
      try {
        return await connect(attempt);
      } catch (error) {
        // The core is told of the second refusal as well: a fresh token was no better.
        if (!this.shouldRetry(error, attempt) || tries === 2) throw error;
      }
    }
  }
}

// As Login.tryTwice(), for a function that takes a callback.
export function tryTwiceBack(
  login: Login,
  connect: (attempt: Attempt, done: Done) => void,
  callback: Done,
): void {
  const once = (attempt: Attempt) =>
    new Promise<unknown[]>((resolve, reject) => {
      connect(attempt, (error, ...results) => (error ? reject(error) : resolve(results)));
    });
  // What the callback throws is none of the promise's.
  login.tryTwice(once).then(
    (results) => process.nextTick(callback, undefined, ...results),
    (error) => process.nextTick(callback, error),
  );
}

// Libraries above the drivers keep the driver's error in one of these fields.
export function isRefusal(error: unknown, depth = 0): boolean {
  if (error === null || typeof error !== 'object' || depth > 3) return false;
  const { code, errno, cause, parent, message } = error as Record<string, unknown>;
  if (REFUSALS.has(code) || REFUSALS.has(errno)) return true;
  if (code === '08006' && String(message).includes(DSQL_REFUSED)) return true;
  return isRefusal(cause, depth + 1) || isRefusal(parent, depth + 1);
}

function refuse(rest: Record<string, unknown>, password: unknown): void {
  if (password !== undefined) {
    throw invalid('password is what the token is for; leave it out');
  }
  for (const name of CONTRARY) {
    if (rest[name] !== undefined) {
      throw invalid(`${name} has to be left out: give host, port, user and database`);
    }
  }
}

// A cache of the caller's, who can then reach its counters and invalidate its token.
function cacheOf(cache: unknown, own: Own): TokenCache {
  if (!(cache instanceof TokenCache)) throw invalid('cache has to be a TokenCache');
  const given = Object.entries(own).find(([, value]) => value !== undefined);
  if (given !== undefined)
    throw invalid(`${given[0]} has to be left out beside cache, which has its own`);
  return cache;
}

// A token is signed for the name of the endpoint, which an address does not tell.
function endpointOf(host: string, signHost: string | undefined): string {
  if (signHost !== undefined && signHost !== null) return text('signHost', signHost);
  if (isIP(host.replace(/^\[|\]$/g, '')) !== 0) {
    throw invalid('signHost is missing: an address has no token; give the RDS endpoint');
  }
  return host;
}

// Whose roots a bundle has to hold; unknown is no obstacle here.
function regionOf(endpoint: string, profile: string | undefined): string | undefined {
  refreshEnvironment();
  const client = settle(native.createClient({ hostFetches: true, profile }, environment));
  const region = client.region(settle(native.createTarget(endpoint, 1, 'any')));
  return typeof region === 'string' ? region : undefined;
}

// The error of a driver's own hook, when a setting was changed after it left this package.
export function unverified(): RdsIamError {
  return new RdsIamError(
    INVALID_ARGUMENT,
    'no token is sent: the connection has no verified TLS; use the settings of rdsiam unchanged',
  );
}
