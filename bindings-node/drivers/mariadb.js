'use strict';

const mariadb = require('mariadb');
const { Login, isRefusal } = require('../lib/login.js');

const loginOf = (options) => new Login(options, { port: 3306 });
const settingsOf = (login) => ({ ...login.rest, ssl: login.tls });

async function createConnection(options) {
  const login = loginOf(options);
  return login.tryTwice(({ token }) =>
    mariadb.createConnection({ ...settingsOf(login), password: token }),
  );
}

// The driver's pool knows one password for all its life. So this is one such pool for each
// token: a new token, a new pool, and the old one ends as its connections come back.
class Pool {
  #login;
  #settings;
  #now;
  #ending = new Set();
  #closed = false;

  constructor(options) {
    this.#login = loginOf(options);
    // No connection that nobody has asked for: its token might have ended.
    this.#settings = { ...settingsOf(this.#login), minimumIdle: 0 };
  }

  async getConnection() {
    // A connection that waits for work needs no token.
    if (this.#now?.pool.idleConnections() > 0) return this.#now.pool.getConnection();
    return this.#login.tryTwice(async ({ token }) => {
      const { pool, refusal, retire } = this.#open(token);
      const connection = pool.getConnection();
      try {
        return await Promise.race([connection, refusal]);
      } catch (error) {
        // The driver's pool goes on waiting; if something comes of it, it is not lost.
        connection.then((late) => late.release()).catch(() => {});
        if (isRefusal(error)) retire();
        throw error;
      }
    });
  }

  query(sql, values) {
    return this.#with((connection) => connection.query(sql, values));
  }

  execute(sql, values) {
    return this.#with((connection) => connection.execute(sql, values));
  }

  batch(sql, values) {
    return this.#with((connection) => connection.batch(sql, values));
  }

  async end() {
    this.#closed = true;
    this.#now?.retire();
    await Promise.all(this.#ending);
  }

  async #with(work) {
    const connection = await this.getConnection();
    try {
      return await work(connection);
    } finally {
      await connection.release();
    }
  }

  #open(token) {
    if (this.#closed) throw new Error('the pool has been ended');
    if (this.#now?.token !== token) {
      this.#now?.retire();
      this.#now = this.#start(token);
    }
    return this.#now;
  }

  #start(token) {
    const pool = mariadb.createPool({ ...this.#settings, password: token });
    // The driver tells of a refused login by an event only, and lets who waits run into a limit.
    const refusal = new Promise((_, reject) => {
      pool.on('error', (error) => {
        if (isRefusal(error)) reject(error);
      });
    });
    refusal.catch(() => {});
    const retire = () => {
      if (this.#now === generation) this.#now = undefined;
      const ended = pool.end().catch(() => {});
      this.#ending.add(ended);
      ended.then(() => this.#ending.delete(ended));
    };
    const generation = { token, pool, refusal, retire };
    return generation;
  }
}

function createPool(options) {
  return new Pool(options);
}

module.exports = { createConnection, createPool };
