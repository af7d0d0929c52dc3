export type * from './dsql.js';
export { isOccError, retrying, runTransaction } from './dsql.js';
