// The one copy of what `index.js` holds, for the files beside it.

import type { core as makeCore } from './core.js';

const { Signer } = require('./index.js') as typeof import('./index.js');
const hidden = Signer as unknown as Record<symbol, typeof makeCore>;
const core = hidden[Symbol.for('rdsiam.internal')]?.();
if (core === undefined) throw new Error('index.js of rdsiam is not the one that was built');

export const {
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
} = core;
