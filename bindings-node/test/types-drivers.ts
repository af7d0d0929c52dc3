// Checked by `npm run types`, never run: the helpers for drivers.

import { PrismaPg } from '@prisma/adapter-pg';
import { drizzle } from 'drizzle-orm/node-postgres';
import knex from 'knex';
import { PostgresDialect } from 'kysely';
import type { TokenCache } from 'rdsiam';
import { type OccRetryConfig, retrying, runTransaction } from 'rdsiam/dsql';
import * as orm from 'rdsiam/knex';
import * as mariadb from 'rdsiam/mariadb';
import * as mysql2 from 'rdsiam/mysql2';
import * as pg from 'rdsiam/pg';
import { postgres } from 'rdsiam/postgres';
import { createSequelize } from 'rdsiam/sequelize';
import { dataSourceOptions } from 'rdsiam/typeorm';
import { DataSource } from 'typeorm';

const place = { host: 'db.example.com', database: 'app', signHost: 'h', ca: 'global-bundle.pem' };
const login = { ...place, user: 'app' };
declare const cache: TokenCache;

export async function compiles(): Promise<void> {
  const pool = new pg.Pool({ ...login, max: 5, region: async () => 'us-east-1' });
  const client = await pg.connect(login);
  await client.query('select 1');
  const retry: OccRetryConfig = { maxRetries: 5 };
  const found: number = await runTransaction(
    pool,
    async (taken) => (await taken.query<{ n: number }>('select n from t')).rows.length,
    retry,
  );
  await retrying(() => postgres(login).begin((sql) => sql`select ${found}`));
  pg.config({ ...login, ssl: { minVersion: 'TLSv1.3' } });
  pg.config({ ...login, port: '5432', cache });
  await postgres({ ...login, max: 5 })`select 1`;
  await mysql2
    .createPool({ ...login, connectionLimit: 5 })
    .promise()
    .query('select 1');
  await (await mysql2.createConnection(login)).end();
  const connection = await mariadb.createPool({ ...login, connectionLimit: 5 }).getConnection();
  await connection.release();
  knex(orm.config({ client: 'pg', connection: login, pool: { max: 5 } }));
  await createSequelize({ ...place, dialect: 'mysql', username: 'app', pool: { max: 5 } }).close();
  new DataSource(dataSourceOptions({ ...place, type: 'postgres', username: 'app', poolSize: 5 }));
  new DataSource(dataSourceOptions({ ...place, type: 'mysql', username: 'app', entities: [] }));
  new PostgresDialect({ pool });
  drizzle({ client: pool });
  new PrismaPg(pool);
  new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 2 });
  orm.config({ client: 'pg', connection: async () => login });
  orm.config({ client: 'mysql2', connection: 'mysql://app@h/db' });
  dataSourceOptions({ type: 'mysql', replication: { master: place, slaves: [{ host: 'h' }] } });
  createSequelize({ dialect: 'mariadb', replication: { write: place, read: [{ host: 'h' }] } });
  mysql2.createPool({ ...login, ssl: 'Amazon RDS' });
  new PrismaPg(pg.config(login));
}

// @ts-expect-error no password
new pg.Pool({ ...login, password: 'x' });
// @ts-expect-error no plain text
new pg.Pool({ ...login, ssl: false });
// @ts-expect-error no unverified server
mysql2.createPool({ ...login, ssl: { rejectUnauthorized: false } });
// @ts-expect-error no other dialect
createSequelize({ ...place, dialect: 'mssql', username: 'app' });
