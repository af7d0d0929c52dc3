export type * from './postgres.js';
export { postgres } from './postgres.js';
