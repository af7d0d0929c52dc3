// What runs as `index.js`: all that a first token needs if it does not have to wait. The rest is loaded when
// it is first asked for, because each file takes longer to load than the token takes to make.

import { core } from './core.js';
import { RdsIamError } from './errors.js';
import type * as Public from './index.js';
import { Signer } from './signer.js';

const more = () => require('./more.js') as typeof import('./more.js');

Object.defineProperty(Signer, Symbol.for('rdsiam.internal'), { value: core });

const exported: typeof Public = {
  RdsIamError,
  Signer,
  caBundle: (given) =>
    (require('./ca-bundle.js') as typeof import('./ca-bundle.js')).caBundle(given),
  odbcQuote: (token, given) => more().odbcQuote(token, given),
  pgpassQuote: (token) => more().pgpassQuote(token),
  urlQuote: (token) => more().urlQuote(token),
  get DsqlSigner() {
    return more().DsqlSigner;
  },
  get GenerateDBAuthTokenCommand() {
    return more().GenerateDBAuthTokenCommand;
  },
  get RDSClient() {
    return more().RDSClient;
  },
  get TokenCache() {
    return more().TokenCache;
  },
  get explain() {
    return more().explain;
  },
};

export = exported;
