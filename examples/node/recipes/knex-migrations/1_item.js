'use strict';

exports.up = (knex) => knex.schema.createTable('recipe_knex_item', (table) => table.increments());
exports.down = (knex) => knex.schema.dropTable('recipe_knex_item');
