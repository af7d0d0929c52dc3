// Checked by `npm run types`, never run: the helpers are found without `exports` as well.

import { type Explanation, explain } from 'rdsiam';
import { config as knex } from 'rdsiam/knex';
import { createPool as mariadb } from 'rdsiam/mariadb';
import { createPool as mysql2 } from 'rdsiam/mysql2';
import { Pool } from 'rdsiam/pg';
import { postgres } from 'rdsiam/postgres';
import { createSequelize } from 'rdsiam/sequelize';
import { dataSourceOptions } from 'rdsiam/typeorm';

const told: Explanation = explain('');

export { createSequelize, dataSourceOptions, knex, mariadb, mysql2, Pool, postgres, told };
