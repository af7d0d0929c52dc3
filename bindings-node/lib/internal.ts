// The one copy of what `index.js` holds, for the files beside it.

import type { Client as CoreClient } from './client.js';
import type { core as makeCore } from './core.js';
import type * as Errors from './errors.js';

const { Signer } = require('./index.js') as typeof import('./index.js');
const hidden = Signer as unknown as Record<symbol, typeof makeCore>;
const core = hidden[Symbol.for('rdsiam.internal')]?.();
if (core === undefined) throw new Error('index.js of rdsiam is not the one that was built');

export const {
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
  settle,
  TIMEOUT,
  targetOf,
  text,
  WOULD_BLOCK,
} = core;
export type Client = CoreClient;
export type RdsIamError = Errors.RdsIamError;
