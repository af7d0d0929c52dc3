'use strict';

// The table of drivers in docs/, and which rows of drivers.js stand for its rows.

const fs = require('node:fs');
const path = require('node:path');
const { PACKAGE } = require('./support.js');

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

// Its lines, each a list of cells; the first has the titles.
function table() {
  const text = fs.readFileSync(path.join(PACKAGE, '../docs/drivers/index.md'), 'utf8');
  const section = text.split('\n## Node\n')[1].split('\n## ')[0];
  const lines = section.split('\n').filter((line) => /^\| /.test(line));
  return lines.map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

module.exports = { BUNDLED, REPLICATED, ROWS, TYPES, table };
