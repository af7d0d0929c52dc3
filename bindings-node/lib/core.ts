// What `index.js` holds for the files beside it, which reach it through `internal.ts`.

import { isFailure, optionalText, options, port, refusals, settle, text } from './checks.js';
import { createClient, prepare, report, waiterOf } from './client.js';
import { environment, refreshEnvironment } from './environment.js';
import { native } from './native.js';
import { targetOf } from './target.js';

export const core = () =>
  ({
    createClient,
    environment,
    isFailure,
    native,
    optionalText,
    options,
    port,
    prepare,
    refreshEnvironment,
    refusals,
    report,
    settle,
    targetOf,
    text,
    waiterOf,
  }) as const;
