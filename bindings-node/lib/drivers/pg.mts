export type * from './pg.js';
export { config, connect, Pool } from './pg.js';
