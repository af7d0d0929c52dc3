// What a token is asked for, and the function that may give its region.

import type { Target as Handle } from './addon.js';
import { optionalText, options, port, text } from './arguments.js';
import { nameOf, RdsIamError, REGION_MISSING, settle } from './errors.js';
import { native } from './native.js';
import type { Region, SignerConfig } from './types.js';

export type Place = Pick<SignerConfig, 'hostname' | 'port' | 'username' | 'region' | 'kind'>;

export class Target {
  // For the addon; missing while the region function has to be called first.
  handle: Handle | undefined;
  readonly #regionOf: Exclude<Region, string> | undefined;
  readonly #make: (region: string | undefined) => Handle;
  #resolving: Promise<Handle> | undefined;

  constructor({ hostname, port: number, username, region, kind }: Partial<Place>) {
    const named = optionalText('kind', kind);
    // Only RDS signs a port, and DSQL signs no user.
    const at = named === undefined || named === 'rds' || number !== undefined ? port(number) : 0;
    const user = named?.startsWith('dsql') === true ? (username ?? '') : username;
    const parts = [text('hostname', hostname), at, text('username', user)] as const;
    this.#make = (found) => {
      this.handle = settle(native.createTarget(...parts, found, named));
      return this.handle;
    };
    if (typeof region === 'function') this.#regionOf = region;
    else this.#make(optionalText('region', region));
  }

  // The handle. What the function returned is kept, as the JS SDK does.
  resolve(): Promise<Handle> {
    this.#resolving ??= regionFrom(this.#regionOf)
      .then(this.#make)
      .finally(() => {
        this.#resolving = undefined;
      });
    return this.#resolving;
  }
}

export async function regionFrom(
  provider: Exclude<Region, string> | undefined,
): Promise<string | undefined> {
  let region: unknown;
  try {
    region = await provider?.();
  } catch (cause) {
    const message = `the region function failed with ${nameOf(cause)}; see the cause of this error`;
    throw new RdsIamError(REGION_MISSING, message, { cause });
  }
  return optionalText('region', region);
}

export function targetOf(configuration: Partial<Place>, name = 'the configuration'): Target {
  return new Target(options(configuration, name));
}
