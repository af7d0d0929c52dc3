export type * from './mysql2.js';
export { config, createConnection, createPool } from './mysql2.js';
