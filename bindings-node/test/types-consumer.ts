// Checked by `npm run types`, never run: what a consumer finds by each way to look for a module.

import type { Pool as MariadbPool } from 'mariadb';
import type { Pool as Mysql2Pool } from 'mysql2';
import type { Pool as PgPool } from 'pg';
import type { Sql } from 'postgres';
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

// What they make is of the driver's own type, as this kind of module finds it.
const login = { host: 'h', user: 'u', database: 'd' };
export const pools: [PgPool, Sql, Mysql2Pool, MariadbPool] = [
  new Pool(login),
  postgres(login),
  mysql2(login),
  mariadb(login),
];

export { createSequelize, dataSourceOptions, isOccError, knex, RDSClient, runTransaction, told };
