export type * from './mariadb.js';
export { createConnection, createPool } from './mariadb.js';
