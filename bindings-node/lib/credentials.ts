// Where credentials come from. Their secrets go into the addon at once; this side keeps only
// the handle.

import type { Credentials as Handle } from './addon.js';
import { invalid, kind } from './errors.js';
import { native, optionalText, settle, text } from './internal.js';
import type { Credentials, CredentialsProvider } from './types.js';

// `handle`, for the addon, or `provider`, a function. Neither is the default chain.
export interface Source {
  handle?: Handle;
  provider?: CredentialsProvider;
}

export function sourceOf(credentials: Credentials | CredentialsProvider | undefined): Source {
  if (credentials === undefined || credentials === null) return {};
  if (typeof credentials === 'function') return { provider: credentials };
  return { handle: handleOf(credentials) };
}

export function handleOf(identity: Credentials): Handle {
  if (identity === null || typeof identity !== 'object') {
    throw invalid(
      'credentials has to be an object with accessKeyId and secretAccessKey, or a function ' +
        `that gives one, not ${identity === null ? 'null' : kind(identity)}`,
    );
  }
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = identity;
  return settle(
    native.createCredentials(
      text('credentials.accessKeyId', accessKeyId),
      text('credentials.secretAccessKey', secretAccessKey),
      optionalText('credentials.sessionToken', sessionToken),
      unixSeconds(expiration),
    ),
  );
}

function unixSeconds(expiration: Date | undefined): number | undefined {
  if (expiration === undefined || expiration === null) return undefined;
  const time = typeof expiration.getTime === 'function' ? expiration.getTime() : Number.NaN;
  if (!Number.isFinite(time)) throw invalid('credentials.expiration has to be a valid Date');
  return Math.floor(time / 1000);
}
