// The addon: of the package for this platform, or in development the file that a build puts beside
// `package.json`. Opened here without the search of `require`, which takes longer than the token. What
// is elsewhere, as in a bundle, is found by `addon-search.ts`.

import type { Addon } from './addon.js';
import { refusals } from './checks.js';

/** That of package.json, put in by the build. */
declare const VERSION: string;

interface AddonModule {
  id: string;
  filename: string;
  exports: Partial<Addon>;
  children: never[];
  loaded: boolean;
}

function load(): Addon {
  const { platform, arch } = process;
  const name = `${platform}-${arch}${platform === 'linux' ? '-gnu' : ''}`;
  const file = `rdsiam.${name}.node`;
  // Not defined in a bundle of the format of ES modules. In any other bundle it is another folder.
  const folder = typeof __dirname === 'string' ? __dirname : '';
  let found: Addon | undefined;
  if (folder.endsWith('/node_modules/rdsiam/dist')) {
    found = open(`${folder.slice(0, -'rdsiam/dist'.length)}@rdsiam/${name}/${file}`);
  }
  if (found === undefined && /(rdsiam|bindings-node)\/dist$/.test(folder)) {
    found = open(folder.slice(0, -'dist'.length) + file);
  }
  if (found !== undefined) return found;
  const { search } = require('./addon-search.js') as typeof import('./addon-search.js');
  return search(VERSION, refusals().noAddon);
}

function open(filename: string): Addon | undefined {
  const addon: AddonModule = { id: filename, filename, exports: {}, children: [], loaded: true };
  try {
    const cache = require.cache as unknown as Record<string, AddonModule>;
    const known = cache[filename];
    if (known !== undefined) return known.exports as Addon;
    cache[filename] = addon;
    // Jest ignores that. A thread may load the addon only once, because its classes would be others.
    if (cache[filename] === addon) {
      process.dlopen(addon, filename);
      // Beside a package of another version there is another addon.
      if (addon.exports.VERSION === VERSION) return addon.exports as Addon;
    }
  } catch {
    // It is elsewhere, or does not fit.
  }
  delete require.cache?.[filename];
  return undefined;
}

export const native = load();
