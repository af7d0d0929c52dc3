export type * from './typeorm.js';
export { dataSourceOptions } from './typeorm.js';
