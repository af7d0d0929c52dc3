// ElastiCache and MemoryDB: a token for each connection of node-redis and ioredis, and AUTH once more before
// the server ends a connection, which it does after 12 hours.

import { invalid } from './errors.js';
import { TokenCache } from './index.js';
import { text } from './internal.js';
import type { Credentials, CredentialsProvider, Kind, Region } from './types.js';

/** Which cache a token is for, and who signs it. */
export interface CacheLogin {
  /** The name of the replication group, serverless cache or cluster, not its endpoint. */
  name: string;
  /** The user: its id and its name are the same, in lower case. */
  username: string;
  /** Without it: `'elasticache'`. */
  kind?: Extract<Kind, 'elasticache' | 'elasticache-serverless' | 'memorydb'> | undefined;
  /** Without it: `AWS_REGION`, `AWS_DEFAULT_REGION`, and the profile's. */
  region?: Region | undefined;
  profile?: string | undefined;
  credentials?: Credentials | CredentialsProvider | undefined;
  /** A cache of yours, in place of the settings above but `username`. */
  cache?: TokenCache | undefined;
}

export interface StreamingLogin extends CacheLogin {
  /** Seconds after which every connection authenticates again, less than 12 hours: 11 hours. */
  reauthenticate?: number | undefined;
  /** Seconds after which renewed credentials are noticed: 60. */
  check?: number | undefined;
  /** Told of failures, which are tried again. */
  onError?: ((error: unknown) => void) | undefined;
}

/** What node-redis calls `BasicAuth`. */
export interface BasicAuth {
  username: string;
  password: string;
}

interface Listener {
  onNext: (credentials: BasicAuth) => void;
  onError: (error: Error) => void;
}

const LONGEST = 12 * 3600;
const KINDS = ['elasticache', 'elasticache-serverless', 'memorydb'];

/**
 * For `createClient({ credentialsProvider })` of node-redis: a token for each new connection. `socket.tls` has
 * to be true: AWS takes tokens over TLS alone.
 */
export function credentialsProvider(login: CacheLogin) {
  const { cache, username } = open(login);
  const credentials = async (): Promise<BasicAuth> => ({
    username,
    password: await cache.getToken(),
  });
  return { type: 'async-credentials-provider' as const, credentials };
}

/**
 * As {@link credentialsProvider}, and each connection authenticates again before the server ends it, and after
 * the credentials were renewed.
 */
export function streamingCredentialsProvider(login: StreamingLogin) {
  const opened = open(login);
  const onReAuthenticationError = (error: unknown) => login.onError?.(error);
  return {
    type: 'streaming-credentials-provider' as const,
    async subscribe(listener: Listener): Promise<[BasicAuth, { dispose(): void }]> {
      const { cache, username } = opened;
      const password = await cache.getToken();
      const timer = repeat(opened, password, onReAuthenticationError, (token) => {
        listener.onNext({ username, password: token });
      });
      return [{ username, password }, { dispose: () => clearInterval(timer) }];
    },
    onReAuthenticationError,
  };
}

interface IORedis {
  status: string;
  // What of a connection that is being made says how it logs in.
  condition: { auth?: string | [string, string] };
  connector: { connect(...given: unknown[]): Promise<unknown> };
  call(command: string, ...args: string[]): Promise<unknown>;
  once(event: 'end', listener: () => void): unknown;
}

/**
 * Gives a client of ioredis, which takes one password and no function, a valid token at each connection, also
 * when it connects again, and authenticates it again in time. Make it with `lazyConnect: true` and `tls: {}`.
 */
export function withTokens<T extends object>(client: T, login: StreamingLogin): T {
  const redis = client as unknown as IORedis;
  if (redis.status !== 'wait' || typeof redis.call !== 'function') {
    throw invalid('client is not one of ioredis with lazyConnect: true, so it may have no token');
  }
  const opened = open(login);
  const { connector } = redis;
  const connect = connector.connect.bind(connector);
  // Before it is dialled, also when it connects again.
  connector.connect = async (...given) => {
    redis.condition.auth = [opened.username, await opened.cache.getToken()];
    return connect(...given);
  };
  const failed = (error: unknown) => login.onError?.(error);
  const timer = repeat(opened, undefined, failed, async (token) => {
    if (redis.status === 'ready') await redis.call('AUTH', opened.username, token);
  });
  redis.once('end', () => clearInterval(timer));
  return client;
}

interface Opened {
  cache: TokenCache;
  username: string;
  every: number;
  check: number;
}

function open(login: StreamingLogin): Opened {
  const { name, kind = 'elasticache', region, profile, credentials } = login;
  const { reauthenticate = 11 * 3600, check = Math.min(60, reauthenticate) } = login;
  if (!KINDS.includes(kind)) throw invalid(`kind is unknown; give one of ${KINDS.join(', ')}`);
  if (!(reauthenticate > 0 && reauthenticate < LONGEST && check > 0 && check <= reauthenticate)) {
    throw invalid('reauthenticate is not between 0 and 12 hours, or check is longer; give seconds');
  }
  // As AWS stores it, and as it is signed.
  const username = text('username', login.username).toLowerCase();
  const place = { hostname: name, port: 6379, username, kind, region };
  const cache = login.cache ?? new TokenCache({ ...place, profile, credentials });
  return { cache, username, every: reauthenticate * 1000, check: check * 1000 };
}

// Calls `next` with a valid token when it is due, or when another access key signs. Keeps no program running.
function repeat(
  { cache, every, check }: Opened,
  first: string | undefined,
  failed: (error: unknown) => void,
  next: (token: string) => Promise<void> | void,
): NodeJS.Timeout {
  let at = Date.now();
  let key = first === undefined ? undefined : keyOf(first);
  let isBusy = false;
  const look = async () => {
    const token = await cache.getToken();
    key ??= keyOf(token);
    const age = Date.now() - at;
    // A clock that was set back says nothing about the server's.
    if (keyOf(token) === key && age >= 0 && age < every) return;
    await next(token);
    at = Date.now();
    key = keyOf(token);
  };
  const timer = setInterval(() => {
    if (isBusy) return;
    isBusy = true;
    look()
      .catch(failed)
      .finally(() => {
        isBusy = false;
      });
  }, check);
  timer.unref();
  return timer;
}

// Which access key signed. Not a secret.
function keyOf(token: string): string | undefined {
  return /X-Amz-Credential=([^&%]+)/.exec(token)?.[1];
}
