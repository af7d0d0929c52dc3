// The addon where `native.ts` does not look for it, or does not fit. Each name is written out, inside a
// `try`, because bundlers follow only what they can read and forgive only there what is missing. An
// addon for another C library is refused by the dynamic linker, so that there is no need to find out
// which one this system has.

import type { Addon } from './addon.js';

const failures: NodeJS.ErrnoException[] = [];

// The package of the platform first, then a file that a build has put beside `package.json`.
function load(): Addon | undefined {
  switch (`${process.platform}-${process.arch}`) {
    case 'linux-x64':
      try {
        return require('@rdsiam/linux-x64-gnu') as Addon;
      } catch (error) {
        failures.push(error as Error);
      }
      try {
        return require('@rdsiam/linux-x64-musl') as Addon;
      } catch (error) {
        failures.push(error as Error);
      }
      try {
        return require('../rdsiam.linux-x64-gnu.node') as Addon;
      } catch (error) {
        failures.push(error as Error);
      }
      try {
        return require('../rdsiam.linux-x64-musl.node') as Addon;
      } catch (error) {
        failures.push(error as Error);
      }
      break;
    case 'linux-arm64':
      try {
        return require('@rdsiam/linux-arm64-gnu') as Addon;
      } catch (error) {
        failures.push(error as Error);
      }
      try {
        return require('@rdsiam/linux-arm64-musl') as Addon;
      } catch (error) {
        failures.push(error as Error);
      }
      try {
        return require('../rdsiam.linux-arm64-gnu.node') as Addon;
      } catch (error) {
        failures.push(error as Error);
      }
      try {
        return require('../rdsiam.linux-arm64-musl.node') as Addon;
      } catch (error) {
        failures.push(error as Error);
      }
      break;
    case 'darwin-x64':
      try {
        return require('@rdsiam/darwin-x64') as Addon;
      } catch (error) {
        failures.push(error as Error);
      }
      try {
        return require('../rdsiam.darwin-x64.node') as Addon;
      } catch (error) {
        failures.push(error as Error);
      }
      break;
    case 'darwin-arm64':
      try {
        return require('@rdsiam/darwin-arm64') as Addon;
      } catch (error) {
        failures.push(error as Error);
      }
      try {
        return require('../rdsiam.darwin-arm64.node') as Addon;
      } catch (error) {
        failures.push(error as Error);
      }
      break;
    case 'win32-x64':
      try {
        return require('@rdsiam/win32-x64-msvc') as Addon;
      } catch (error) {
        failures.push(error as Error);
      }
      try {
        return require('../rdsiam.win32-x64-msvc.node') as Addon;
      } catch (error) {
        failures.push(error as Error);
      }
      break;
    default:
      failures.push(new Error('rdsiam is not built for this platform'));
  }
  return undefined;
}

export function search(version: string, fail: (message: string, cause: unknown) => Error): Addon {
  const addon = load();
  if (addon?.VERSION === version) return addon;
  if (addon !== undefined) {
    failures.push(new Error(`what is installed is of version ${addon.VERSION}, not ${version}`));
  }
  throw fail(...unavailable());
}

// One sentence: this platform, what was found, the platforms that ship, what to do.
function unavailable(): [string, unknown] {
  const told = failures.filter((error) => error.code !== 'MODULE_NOT_FOUND');
  const why =
    told.length === 0 ? 'none is installed' : told.map((error) => error.message).join('; ');
  const message =
    `no native part of rdsiam for ${here()}: ${why}; there is one for Linux on x64 and arm64 with ` +
    'glibc 2.17, musl 1.2 or newer; install rdsiam with its optional dependencies on this machine, ' +
    "or for it with npm's --os, --cpu and --libc";
  return [message, told[0] ?? failures[0]];
}

function here(): string {
  const { arch, platform, report, version, versions } = process;
  const header = (report?.getReport() as { header?: { glibcVersionRuntime?: string } })?.header;
  const libc = header?.glibcVersionRuntime;
  const runtime = versions.bun === undefined ? `Node ${version}` : `Bun ${versions.bun}`;
  return `${platform}-${arch}${libc ? ` (glibc ${libc})` : ''} and ${runtime}`;
}
