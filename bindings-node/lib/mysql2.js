'use strict';

// What mysql2, and what builds on it, is given.

const net = require('node:net');
const { tryTwiceBack, unverified } = require('./login.js');
const { isVerified } = require('./tls.js');

// mysql2 takes the name in the certificate from `host` and skips the check for an address, so
// `host` is the endpoint, and `stream` dials.
function settingsOf(login) {
  const { host, port, endpoint } = login;
  const settings = {
    ...login.rest,
    host: endpoint,
    ssl: { ...login.tls, verifyIdentity: true },
    authPlugins: { ...login.rest.authPlugins, mysql_clear_password: plugin(login) },
  };
  if (host !== endpoint) settings.stream = () => dial(host, port, login.rest);
  return settings;
}

// As the driver does it.
function dial(host, port, { enableKeepAlive = true, keepAliveInitialDelay = 0 }) {
  const socket = net.connect(port, host).setNoDelay(true);
  return enableKeepAlive ? socket.setKeepAlive(true, keepAliveInitialDelay) : socket;
}

// Called by mysql2 when the server asks for the password in clear text, which is after TLS was
// set up, if it is. The last look before the token goes out.
function plugin(login) {
  return ({ connection }) =>
    async () => {
      const { ssl } = connection.config;
      if (!isVerified(ssl) || ssl.verifyIdentity !== true) throw forMysql2(unverified());
      const token = await login.password().catch((error) => {
        throw forMysql2(error);
      });
      return Buffer.from(`${token}\0`);
    };
}

// mysql2 overwrites the code of what a plugin throws, and many logins may share one error.
function forMysql2(cause) {
  return new Error(cause.message, { cause });
}

// Gives the new connections of a pool a second try.
function withSecondTry(login, pool) {
  const connect = pool.getConnection.bind(pool);
  pool.getConnection = (callback) => {
    // A connection that is free, or will be, needs no token.
    if (mayDial(pool)) tryTwiceBack(login, (_, done) => connect(done), callback);
    else connect(callback);
  };
  return pool;
}

function mayDial({ config, _freeConnections: free, _allConnections: all }) {
  if (free?.length > 0) return false;
  return !(config.connectionLimit > 0 && all?.length >= config.connectionLimit);
}

module.exports = { settingsOf, withSecondTry };
