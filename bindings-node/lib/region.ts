// Regions that a function of the caller gives.

import type { Target as Handle } from './addon.js';
import { nameOf, RdsIamError, REGION_MISSING } from './errors.js';
import { native, optionalText, settle } from './internal.js';
import type { Target } from './target.js';
import type { Region } from './types.js';

// The handle. What the function returned is kept, as the JS SDK does.
export function resolve(target: Target): Promise<Handle> {
  target.resolving ??= regionFrom(target.regionOf)
    .then((region) => {
      target.handle = settle(native.createTarget(...target.parts, region));
      return target.handle;
    })
    .finally(() => {
      target.resolving = undefined;
    });
  return target.resolving;
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
