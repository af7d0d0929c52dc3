// What runs as `index.js`: all that a first token needs if it does not have to wait. The rest is loaded when
// it is first asked for, because each file takes longer to load than the token takes to make.

import { more, refusals } from './checks.js';
import { core } from './core.js';
import type * as Public from './index.js';
import { Signer } from './signer.js';

Object.defineProperty(Signer, Symbol.for('rdsiam.internal'), { value: core });

const exported = { Signer } as typeof Public;
const caBundle = () => require('./ca-bundle.js') as typeof import('./ca-bundle.js');

function later<Name extends keyof typeof Public>(
  load: () => Pick<typeof Public, Name>,
  names: Name[],
): void {
  for (const name of names) {
    Object.defineProperty(exported, name, { enumerable: true, get: () => load()[name] });
  }
}

later(caBundle, ['caBundle']);
later(refusals, ['RdsIamError']);
later(more, ['TokenCache', 'explain', 'DsqlSigner', 'RDSClient', 'GenerateDBAuthTokenCommand']);
later(more, ['odbcQuote', 'pgpassQuote', 'urlQuote']);

export = exported;
