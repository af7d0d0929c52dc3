// What stands in for `@aws-sdk/dsql-signer`, by its name.

export { DsqlSigner, type DsqlSignerConfig } from './index.js';
