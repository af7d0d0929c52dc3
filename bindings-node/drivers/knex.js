'use strict';

const { invalid } = require('../lib/errors.js');
const { Login } = require('../lib/login.js');

// Each dialect of knex is a class whose method makes one connection of its pool.
const DIALECTS = {
  pg: [5432, () => require('knex/lib/dialects/postgres/index.js'), () => require('../lib/pg.js')],
  mysql2: [
    3306,
    () => require('knex/lib/dialects/mysql2/index.js'),
    () => require('../lib/mysql2.js'),
  ],
};

// The names that knex has for one of them.
const ALIASES = { postgres: 'pg', postgresql: 'pg' };

function config({ client: name, connection, ...rest }) {
  const client = ALIASES[name] ?? name;
  if (!Object.hasOwn(DIALECTS, client)) throw invalid('client has to be "pg" or "mysql2"');
  const [port, dialect, settings] = DIALECTS[client];
  const login = new Login(connection, { port });
  class Client extends dialect() {
    acquireRawConnection() {
      return login.tryTwice(() => super.acquireRawConnection());
    }
  }
  return { ...rest, client: Client, connection: settings().settingsOf(login) };
}

module.exports = { config };
