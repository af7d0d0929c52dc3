// The channels of node:diagnostics_channel.

import type { Channel } from 'node:diagnostics_channel';

// Made when there is something to tell: most programs have nothing, and a first token is in a hurry.
const lazily = (name: string) => {
  let made: Channel | undefined;
  return (): Channel => {
    const diagnostics =
      require('node:diagnostics_channel') as typeof import('node:diagnostics_channel');
    made ??= diagnostics.channel(`rdsiam:${name}`);
    return made;
  };
};

export const refreshed = lazily('refresh');
export const failed = lazily('refresh:failed');
export const retried = lazily('login:retry');
