// A client of the core, as far as nothing has to be waited for. The rules of the cache are the core's.

import type { Client as Handle, Options } from './addon.js';
import { more, settle } from './checks.js';
import { environment, refreshEnvironment } from './environment.js';
import { native } from './native.js';
import type { ClientConfig, CredentialsProvider } from './types.js';
import type { Waiter } from './waiter.js';

export interface Client {
  readonly native: Handle;
  readonly timeout: number;
  readonly provider: CredentialsProvider | undefined;
  readonly clock: (() => number) | undefined;
  // Made when it is first asked for.
  waiter?: Waiter;
}

// Checked.
export type Settings = Omit<Options, 'hostFetches' | 'time'>;

export function createClient(
  { timeout = 10, ...settings }: Settings,
  credentials: ClientConfig['credentials'],
  wanted: ClientConfig['clock'],
): Client {
  // Most programs give neither.
  const given = (credentials ?? wanted ?? undefined) === undefined ? undefined : more();
  const { provider, handle } = given?.sourceOf(credentials) ?? {};
  const clock = given?.clockOf(wanted);
  const hostFetches = provider !== undefined;
  const options = { ...settings, hostFetches, timeout, time: clock?.() };
  const made = settle(native.createClient(options, environment, handle));
  return { native: made, timeout, provider, clock };
}

// Before a call of the addon that is no hit of this side.
export function prepare(client: Client): void {
  refreshEnvironment();
  if (client.clock !== undefined) settle(client.native.setTime(client.clock()));
}

// What does the waiting, and tells of what happened meanwhile.
export function waiterOf(client: Client): Waiter {
  if (client.waiter === undefined) {
    const { Waiter } = require('./waiter.js') as typeof import('./waiter.js');
    client.waiter = new Waiter(client);
  }
  return client.waiter;
}

// Tells what has happened beside the calls.
export function report(client: Client): void {
  const happened = settle(client.native.takeEvents());
  if (happened.length > 0) waiterOf(client).emit(happened);
}
