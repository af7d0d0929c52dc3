export type * from './knex.js';
export { config } from './knex.js';
