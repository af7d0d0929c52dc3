// What `index.js` holds for the files beside it, which reach it through `internal.ts`.

import { optionalText, options, port, seconds, text } from './arguments.js';
import { Client } from './client.js';
import { handleOf } from './credentials.js';
import { environment } from './environment.js';
import {
  CREDENTIALS_NOT_FOUND,
  CREDENTIALS_PROVIDER,
  INVALID_ARGUMENT,
  invalid,
  isFailure,
  nameOf,
  RdsIamError,
  REGION_MISSING,
  settle,
  TIMEOUT,
  WOULD_BLOCK,
} from './errors.js';
import { native } from './native.js';
import { regionFrom, targetOf } from './target.js';

export const core = () =>
  ({
    CREDENTIALS_NOT_FOUND,
    CREDENTIALS_PROVIDER,
    Client,
    environment,
    handleOf,
    INVALID_ARGUMENT,
    invalid,
    isFailure,
    nameOf,
    native,
    optionalText,
    options,
    port,
    REGION_MISSING,
    RdsIamError,
    regionFrom,
    seconds,
    settle,
    TIMEOUT,
    targetOf,
    text,
    WOULD_BLOCK,
  }) as const;
