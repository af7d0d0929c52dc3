// Regions that a function of the caller gives.

import type { Target as Handle } from './addon.js';
import { native, optionalText, refusals, settle } from './internal.js';
import type { Target } from './target.js';
import type { Region } from './types.js';

// The handle. What the function returned is kept, as the JS SDK does.
export function resolve(target: Target): Promise<Handle> {
  target.resolving ??= regionFrom(target.regionOf)
    .then((region) => {
      target.handle = settle(native.createTarget(...target.parts, region, target.kind));
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
    throw refusals().noRegion(cause);
  }
  return optionalText('region', region);
}
