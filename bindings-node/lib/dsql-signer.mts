export type { DsqlSignerConfig } from './index.js';
export { DsqlSigner } from './index.js';
