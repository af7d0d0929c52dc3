// What a token is asked for.

import type { Target as Handle } from './addon.js';
import { optionalText, options, port, settle, text } from './checks.js';
import { native } from './native.js';
import type { Region, SignerConfig } from './types.js';

export type Place = Pick<SignerConfig, 'hostname' | 'port' | 'username' | 'region'>;

export interface Target {
  // For the addon; missing while the region function has to be called first, by `region.ts`.
  handle: Handle | undefined;
  parts: [host: string, port: number, user: string];
  regionOf?: Exclude<Region, string>;
  resolving?: Promise<Handle> | undefined;
}

export function targetOf(configuration: Partial<Place>, name = 'the configuration'): Target {
  const { hostname, port: number, username, region } = options(configuration, name);
  const parts: Target['parts'] = [
    text('hostname', hostname),
    port(number),
    text('username', username),
  ];
  if (typeof region === 'function') return { handle: undefined, parts, regionOf: region };
  const handle = settle(native.createTarget(...parts, optionalText('region', region)));
  return { handle, parts };
}
