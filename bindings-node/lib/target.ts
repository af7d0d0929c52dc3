// What a token is asked for.

import type { Target as Handle } from './addon.js';
import { optionalText, options, port, settle, text } from './checks.js';
import { native } from './native.js';
import type { Region, SignerConfig } from './types.js';

export type Place = Pick<SignerConfig, 'hostname' | 'port' | 'username' | 'region' | 'kind'>;

export interface Target {
  // For the addon; missing while the region function has to be called first, by `region.ts`.
  handle: Handle | undefined;
  parts: [host: string, port: number, user: string];
  kind: string | undefined;
  regionOf?: Exclude<Region, string>;
  resolving?: Promise<Handle> | undefined;
}

export function targetOf(configuration: Partial<Place>, name = 'the configuration'): Target {
  const { hostname, port: number, username, region, kind: named } = options(configuration, name);
  const kind = optionalText('kind', named);
  // Only RDS signs a port, and DSQL signs no user.
  const at = kind === undefined || kind === 'rds' || number !== undefined ? port(number) : 0;
  const user = kind?.startsWith('dsql') === true ? (username ?? '') : username;
  const parts: Target['parts'] = [text('hostname', hostname), at, text('username', user)];
  if (typeof region === 'function') return { handle: undefined, parts, kind, regionOf: region };
  const handle = settle(native.createTarget(...parts, optionalText('region', region), kind));
  return { handle, parts, kind };
}
