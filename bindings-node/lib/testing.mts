export type * from './testing.js';
export { Local, startLocal } from './testing.js';
