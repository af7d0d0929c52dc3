'use strict';

const { integer, pgTable } = require('drizzle-orm/pg-core');

exports.item = pgTable('recipe_drizzle_item', { id: integer('id') });
