'use strict';

module.exports = {
  up: (query, types) => query.createTable('recipe_sequelize_item', { id: types.INTEGER }),
  down: (query) => query.dropTable('recipe_sequelize_item'),
};
