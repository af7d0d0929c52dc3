// What `index.js` holds for the files beside it, which reach it through `internal.ts`.

import { optionalText, options, port, settle, text } from './checks.js';
import { createClient, prepare, report, waiterOf } from './client.js';
import { environment, refreshEnvironment } from './environment.js';
import { native } from './native.js';
import { targetOf } from './target.js';

export const core = () =>
  ({
    createClient,
    environment,
    native,
    optionalText,
    options,
    port,
    prepare,
    refreshEnvironment,
    report,
    settle,
    targetOf,
    text,
    waiterOf,
  }) as const;
