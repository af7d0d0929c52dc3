// What the addon exports, as `src/*.rs` has it. No function of it throws: it returns a `Failure`.

import type { Kind } from './types.js';

export interface Failure {
  code: string;
  message: string;
  retryable: boolean;
}

export type Outcome<T> = T | Failure;

export interface Lease {
  token: string;
  /** In Unix seconds, as the rest. */
  freshFrom: number;
  freshUntil: number;
  signedAt: number;
  expiresAt: number;
}

export interface Options {
  region?: string | undefined;
  profile?: string | undefined;
  hostFetches?: boolean | undefined;
  refreshBefore?: number | undefined;
  minRemaining?: number | undefined;
  expires?: number | undefined;
  timeout?: number | undefined;
  time?: number | undefined;
}

export interface Stats {
  hits: number;
  misses: number;
  signatures: number;
  refreshes: number;
  refreshFailures: number;
  waits: number;
  evictions: number;
  invalidations: number;
  entries: number;
}

export interface Happened {
  refreshFailed: boolean;
  code: string | undefined;
  message: string;
}

export interface Told {
  kind: Kind | null;
  host: string | null;
  port: number | null;
  user: string | null;
  region: string | null;
  accessKeyId: string | null;
  hasSessionToken: boolean;
  signedAt: number | null;
  expiresAt: number | null;
  remainingSeconds: number | null;
  length: number;
  problems: string[];
  text: string;
}

// Handles, told apart by the compiler.
declare const kind: unique symbol;
export interface Credentials {
  [kind]: 'credentials';
}
export interface Target {
  [kind]: 'target';
}
/** A client and a target in one. */
export interface Login {
  [kind]: 'login';
}
export interface Alarm {
  [kind]: 'alarm';
}

export interface Environment {
  [kind]: 'environment';
}

export interface Pending<T> {
  poll(alarm: Alarm, client: number): Outcome<T | null | undefined>;
}

/** A value, or a call that waits for the core. */
export type Tried<T> = Outcome<T | Pending<T>>;

export interface Next {
  lease?: Lease | undefined;
  token?: string | undefined;
  request?: Request | undefined;
}

export interface Request {
  forceRefresh(): Outcome<boolean>;
  complete(credentials: Credentials): Outcome<Request | null | undefined>;
  fail(message: string, retryable: boolean): Outcome<null | undefined>;
}

export interface Client {
  check(target: Target): Outcome<undefined>;
  lease(target: Target): Tried<Lease>;
  sign(target: Target): Tried<string>;
  region(target: Target): Tried<string>;
  nextLease(target: Target, mayFetch: boolean): Outcome<Next>;
  nextToken(target: Target): Outcome<Next>;
  invalidate(target: Target, token: string | undefined): Outcome<undefined>;
  loginRefused(target: Target, token: string, began: number): Outcome<boolean>;
  setTime(seconds: number): Outcome<undefined>;
  stats(): Outcome<Stats>;
  takeEvents(): Outcome<Happened[]>;
}

export interface Addon {
  VERSION: string;
  /** For `instanceof`. */
  Pending: abstract new () => Pending<unknown>;
  createAlarm(wake: (client: number) => void): Outcome<Alarm>;
  createClient(
    options: Options,
    environment: Environment,
    credentials?: Credentials,
  ): Outcome<Client>;
  createCredentials(
    accessKeyId: string,
    secretAccessKey: string,
    sessionToken: string | undefined,
    expiresAt?: number,
  ): Outcome<Credentials>;
  createEnvironment(): Outcome<Environment>;
  createTarget(
    host: string,
    port: number,
    user: string,
    region?: string,
    kind?: string,
  ): Outcome<Target>;
  explain(token: string): Outcome<Told>;
  kindOf(target: Target): Outcome<Kind>;
  loginOf(client: Client, target: Target): Outcome<Login>;
  odbcQuote(token: string, percent: boolean): Outcome<string>;
  pgpassQuote(token: string): Outcome<string>;
  replaceEnvironment(
    environment: Environment,
    variables: Record<string, string> | undefined,
  ): Outcome<undefined>;
  signAgain(login: Login): Tried<string>;
  signAt(
    credentials: Credentials,
    target: Target,
    unixTime: number,
    expires: number,
  ): Outcome<string>;
  urlQuote(token: string): Outcome<string>;
}
