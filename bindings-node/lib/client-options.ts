// Clients by all that a caller may say.

import { optionalNumber, optionalSeconds } from './arguments.js';
import type { Client } from './client.js';
import { createClient, optionalText } from './internal.js';
import type { ClientConfig } from './types.js';

// A region function is called elsewhere.
export type ClientOptions = Omit<ClientConfig, 'region'> & { region?: string | undefined };

export function clientOf(options: ClientOptions): Client {
  const { credentials, clock } = options;
  const settings = {
    timeout: optionalNumber('timeout', options.timeout),
    region: optionalText('region', options.region),
    profile: optionalText('profile', options.profile),
    refreshBefore: optionalSeconds('refreshBefore', options.refreshBefore),
    minRemaining: optionalSeconds('minRemaining', options.minRemaining),
    expires: optionalSeconds('expires', options.expires),
  };
  return createClient(settings, credentials, clock);
}
