export type * from './sequelize.js';
export { createSequelize } from './sequelize.js';
