// Checked by `npm run types`, never run: what a consumer finds by each way to look for a module.

import { type Explanation, explain, type SignerConfig } from 'rdsiam';
import { RDSClient } from 'rdsiam/client-rds';
import { isOccError, runTransaction } from 'rdsiam/dsql';
import { config as knex } from 'rdsiam/knex';
import { createPool as mariadb } from 'rdsiam/mariadb';
import { createPool as mysql2 } from 'rdsiam/mysql2';
import { Pool } from 'rdsiam/pg';
import { postgres } from 'rdsiam/postgres';
import { createSequelize } from 'rdsiam/sequelize';
import { dataSourceOptions } from 'rdsiam/typeorm';

const told: Explanation = explain('');
export type Config = SignerConfig;

export {
  createSequelize,
  dataSourceOptions,
  isOccError,
  knex,
  mariadb,
  mysql2,
  Pool,
  postgres,
  RDSClient,
  runTransaction,
  told,
};
