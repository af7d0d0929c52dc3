// What runs as `index.js`: all that a first token needs if it does not have to wait. The rest is loaded when
// it is first asked for, because each file takes longer to load than the token takes to make.

import { more, refusals } from './checks.js';
import { core } from './core.js';
import type * as Public from './index.js';
import { Signer } from './signer.js';

Object.defineProperty(Signer, Symbol.for('rdsiam.internal'), { value: core });

const caBundle = () => require('./ca-bundle.js') as typeof import('./ca-bundle.js');

// One literal: to define the properties one by one takes 40 us more.
const exported: typeof Public = {
  Signer,
  get caBundle() {
    return caBundle().caBundle;
  },
  get RdsIamError() {
    return refusals().RdsIamError;
  },
  get TokenCache() {
    return more().TokenCache;
  },
  get explain() {
    return more().explain;
  },
  get DsqlSigner() {
    return more().DsqlSigner;
  },
  get RDSClient() {
    return more().RDSClient;
  },
  get GenerateDBAuthTokenCommand() {
    return more().GenerateDBAuthTokenCommand;
  },
  get odbcQuote() {
    return more().odbcQuote;
  },
  get pgpassQuote() {
    return more().pgpassQuote;
  },
  get urlQuote() {
    return more().urlQuote;
  },
};

export = exported;
