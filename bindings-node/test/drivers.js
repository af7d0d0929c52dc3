'use strict';

// Each driver and ORM behind its helper, all with one interface: `ask()` logs in if there is no
// connection, and tells who was logged in over which connection; `close()`.

const PG = 'select pg_backend_pid() as id, current_user as name';
const MY = "select connection_id() as id, substring_index(current_user(), '@', 1) as name";

const nothing = () => {};
// Of a connection that the server closed while nobody used it.
const quiet = (pool) => pool.on('error', nothing);
const one = (rows) => ({ id: Number(rows[0].id), name: rows[0].name });

function pgPool(options) {
  const { Pool } = require('rdsiam/pg');
  return quiet(new Pool({ ...options, max: 1 }));
}

function mysqlPool(options) {
  const { createPool } = require('rdsiam/mysql2');
  return createPool({ ...options, connectionLimit: 1 });
}

function knex(client, query) {
  return (connection) => {
    const { config } = require('rdsiam/knex');
    const db = require('knex')(
      config({ client, connection, pool: { min: 0, max: 1 }, acquireConnectionTimeout: 8000 }),
    );
    const ask = async () => {
      const result = await db.raw(query);
      return one(result.rows ?? result[0]);
    };
    return { ask, close: () => db.destroy() };
  };
}

function sequelize(dialect, query) {
  return ({ user: username, ...options }) => {
    const { createSequelize } = require('rdsiam/sequelize');
    const { QueryTypes } = require('sequelize');
    const pool = { min: 0, max: 1 };
    // mariadb's own is a second.
    const dialectOptions = dialect === 'mariadb' ? { connectTimeout: 8000 } : {};
    const more = { dialectOptions, pool, logging: false };
    const db = createSequelize({ dialect, username, ...options, ...more });
    const ask = async () => one(await db.query(query, { type: QueryTypes.SELECT }));
    return { ask, close: () => db.close() };
  };
}

function typeorm(type, query) {
  return ({ user: username, ...options }) => {
    const { dataSourceOptions } = require('rdsiam/typeorm');
    const { DataSource } = require('typeorm');
    const db = new DataSource(
      dataSourceOptions({ type, username, ...options, poolSize: 1, poolErrorHandler: nothing }),
    );
    const ask = async () => {
      if (!db.isInitialized) await db.initialize();
      return one(await db.query(query));
    };
    return { ask, close: () => (db.isInitialized ? db.destroy() : undefined) };
  };
}

async function kysely(make) {
  const { Kysely, sql } = await import('kysely');
  const { dialect, query } = make(await import('kysely'));
  const db = new Kysely({ dialect });
  const ask = async () => one((await sql.raw(query).execute(db)).rows);
  return { ask, close: () => db.destroy() };
}

// The client is generated, by prisma/generate.sh.
function prisma(poolOf) {
  return async (options) => {
    const { PrismaPg } = require('@prisma/adapter-pg');
    const { PrismaClient } = await import('../../build/peers/prisma/client.mjs');
    const pool = poolOf(options);
    const adapter = new PrismaPg(pool, { disposeExternalPool: true, onPoolError: nothing });
    const db = new PrismaClient({ adapter });
    const query = PG.replace('current_user', 'current_user::text');
    return { ask: async () => one(await db.$queryRawUnsafe(query)), close: () => db.$disconnect() };
  };
}

const DRIVERS = [
  {
    name: 'pg Client',
    server: 'postgres',
    open: (options) => ({
      ask: async () => {
        const client = await require('rdsiam/pg').connect(options);
        try {
          return one((await client.query(PG)).rows);
        } finally {
          await client.end();
        }
      },
      close: nothing,
    }),
  },
  {
    name: 'pg Pool',
    server: 'postgres',
    open: (options) => {
      const pool = pgPool(options);
      return { ask: async () => one((await pool.query(PG)).rows), close: () => pool.end() };
    },
  },
  {
    name: 'pg Pool, with callbacks',
    server: 'postgres',
    open: (options) => {
      const pool = pgPool(options);
      const ask = () =>
        new Promise((resolve, reject) => {
          pool.connect((error, client, release) => {
            if (error) return reject(error);
            client.query(PG, (failure, result) => {
              release();
              if (failure) reject(failure);
              else resolve(one(result.rows));
            });
          });
        });
      return { ask, close: () => pool.end() };
    },
  },
  {
    name: 'pg-pool',
    server: 'postgres',
    open: (options) => {
      const Pool = require('pg-pool');
      const pool = quiet(new Pool({ ...require('rdsiam/pg').config(options), max: 1 }));
      return { ask: async () => one((await pool.query(PG)).rows), close: () => pool.end() };
    },
  },
  {
    name: 'postgres.js',
    server: 'postgres',
    open: (options) => {
      const { postgres } = require('rdsiam/postgres');
      const sql = postgres({ ...options, max: 1, connect_timeout: 8, backoff: false });
      return { ask: async () => one(await sql.unsafe(PG)), close: () => sql.end({ timeout: 1 }) };
    },
  },
  {
    name: 'mysql2 createConnection',
    server: 'mariadb',
    open: (options) => ({
      ask: async () => {
        const connection = await require('rdsiam/mysql2').createConnection(options);
        try {
          return one((await connection.query(MY))[0]);
        } finally {
          await connection.end();
        }
      },
      close: nothing,
    }),
  },
  {
    name: 'mysql2 createPool',
    server: 'mariadb',
    open: (options) => {
      const pool = mysqlPool(options);
      const ask = () =>
        new Promise((resolve, reject) => {
          pool.query(MY, (error, rows) => (error ? reject(error) : resolve(one(rows))));
        });
      return { ask, close: () => pool.promise().end() };
    },
  },
  {
    name: 'mysql2 createPool().promise()',
    server: 'mariadb',
    open: (options) => {
      const pool = mysqlPool(options).promise();
      return { ask: async () => one((await pool.execute(MY))[0]), close: () => pool.end() };
    },
  },
  {
    name: 'mariadb createConnection',
    server: 'mariadb',
    open: (options) => ({
      ask: async () => {
        const connection = await require('rdsiam/mariadb').createConnection({
          ...options,
          connectTimeout: 8000,
        });
        try {
          return one(await connection.query(MY));
        } finally {
          await connection.end();
        }
      },
      close: nothing,
    }),
  },
  {
    name: 'mariadb createPool',
    server: 'mariadb',
    open: (options) => {
      const { createPool } = require('rdsiam/mariadb');
      // No connection before somebody asks.
      const limits = {
        connectionLimit: 1,
        minimumIdle: 0,
        acquireTimeout: 8000,
        connectTimeout: 8000,
      };
      const pool = createPool({ ...options, ...limits });
      return { ask: async () => one(await pool.query(MY)), close: () => pool.end() };
    },
  },
  { name: 'knex pg', server: 'postgres', open: knex('pg', PG) },
  { name: 'knex mysql2', server: 'mariadb', open: knex('mysql2', MY) },
  { name: 'sequelize postgres', server: 'postgres', open: sequelize('postgres', PG) },
  { name: 'sequelize mysql', server: 'mariadb', open: sequelize('mysql', MY) },
  { name: 'sequelize mariadb', server: 'mariadb', open: sequelize('mariadb', MY) },
  { name: 'typeorm postgres', server: 'postgres', open: typeorm('postgres', PG) },
  { name: 'typeorm mysql', server: 'mariadb', open: typeorm('mysql', MY) },
  {
    name: 'drizzle pg',
    server: 'postgres',
    open: (options) => {
      const client = pgPool(options);
      const db = require('drizzle-orm/node-postgres').drizzle({ client });
      const { sql } = require('drizzle-orm');
      const ask = async () => one((await db.execute(sql.raw(PG))).rows);
      return { ask, close: () => client.end() };
    },
  },
  {
    name: 'drizzle mysql2',
    server: 'mariadb',
    open: (options) => {
      const client = mysqlPool(options);
      const db = require('drizzle-orm/mysql2').drizzle({ client });
      const { sql } = require('drizzle-orm');
      const ask = async () => one((await db.execute(sql.raw(MY)))[0]);
      return { ask, close: () => client.promise().end() };
    },
  },
  {
    name: 'kysely pg',
    server: 'postgres',
    open: (options) =>
      kysely(({ PostgresDialect }) => ({
        dialect: new PostgresDialect({ pool: pgPool(options) }),
        query: PG,
      })),
  },
  {
    name: 'kysely mysql2',
    server: 'mariadb',
    open: (options) =>
      kysely(({ MysqlDialect }) => ({
        dialect: new MysqlDialect({ pool: mysqlPool(options) }),
        query: MY,
      })),
  },
  { name: 'prisma', server: 'postgres', open: prisma(pgPool) },
  {
    name: 'prisma, by configuration',
    server: 'postgres',
    open: prisma((options) => ({ ...require('rdsiam/pg').config(options), max: 1 })),
  },
];

// What stands for a row of the table in docs/drivers/index.md, which drivers.test.js compares.
const ROWS = {
  pg: ['pg Client', 'pg Pool', 'pg Pool, with callbacks'],
  'pg-pool': ['pg-pool'],
  'postgres.js': ['postgres.js'],
  mysql2: ['mysql2 createConnection', 'mysql2 createPool', 'mysql2 createPool().promise()'],
  mariadb: ['mariadb createConnection', 'mariadb createPool'],
  'knex (pg, mysql2)': ['knex pg', 'knex mysql2'],
  'sequelize 6 (postgres, mysql, mariadb)': [
    'sequelize postgres',
    'sequelize mysql',
    'sequelize mariadb',
  ],
  'TypeORM (postgres, mysql)': ['typeorm postgres', 'typeorm mysql'],
  'drizzle (pg, mysql2)': ['drizzle pg', 'drizzle mysql2'],
  'kysely (pg, mysql2)': ['kysely pg', 'kysely mysql2'],
  'Prisma 7': ['prisma', 'prisma, by configuration'],
};

// What settings.test.js logs in to twice.
const REPLICATED = [
  'sequelize postgres',
  'sequelize mysql',
  'sequelize mariadb',
  'typeorm postgres',
  'typeorm mysql',
];

// How bundlers.test.js bundles a helper: with its driver, or with both left out.
const BUNDLED = {
  pg: 'inside',
  postgres: 'inside',
  mysql2: 'inside',
  mariadb: 'inside',
  knex: 'left out',
  sequelize: 'left out',
  typeorm: 'left out',
};

// What types-drivers.ts imports for what takes a pool.
const TYPES = {
  'drizzle (pg, mysql2)': "from 'drizzle-orm/node-postgres'",
  'kysely (pg, mysql2)': "from 'kysely'",
  'Prisma 7': "from '@prisma/adapter-pg'",
};

module.exports = { BUNDLED, DRIVERS, REPLICATED, ROWS, TYPES };
