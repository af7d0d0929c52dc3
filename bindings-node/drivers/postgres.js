'use strict';

const net = require('node:net');
const tls = require('node:tls');
const connect = require('postgres');
const { RdsIamError } = require('../lib/errors.js');
const { Login } = require('../lib/login.js');
const { withContext } = require('../lib/tls.js');

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);
const AUTHENTICATION_OK = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0]);
const ERROR = 0x45;

function postgres(options) {
  const login = new Login(options, { port: 5432 });
  const limit = (options.connect_timeout ?? 30) * 1000;
  // The attempt to log in over each socket. The password is asked for while its data is handled.
  const attempts = new WeakMap();
  let handled;
  const pass = () => attempts.get(handled).token;
  const open = async () => {
    const attempt = await login.attempt();
    const secure = await handshake(login, limit);
    attempts.set(secure, attempt);
    const emit = secure.emit;
    secure.emit = (event, ...values) => {
      if (event !== 'data') return emit.call(secure, event, ...values);
      const [chunk] = values;
      const code = refusalIn(chunk);
      // postgres.js starts again, with another socket, if a connection closes during the login, but
      // not if it is refused. So a refusal that deserves a second try becomes a close.
      if (code !== undefined && login.shouldRetry({ code }, attempt)) {
        secure.destroy();
        return true;
      }
      if (code !== undefined || isLoggedIn(chunk)) secure.emit = emit;
      handled = secure;
      return emit.call(secure, event, ...values);
    };
    return secure;
  };
  const socket = () => open().catch(failed);
  // TLS is set up here, so that the driver itself has nothing to decide.
  return connect({ ...login.rest, pass, socket, ssl: false });
}

// A socket that fails as soon as the driver listens to it. If the function threw instead, the driver
// would count the connection among those that are being made for ever.
function failed(error) {
  const socket = new net.Socket();
  setImmediate(() => socket.destroy(copyOf(error)));
  return socket;
}

// The driver writes the query on what it gets, and many connections may share one error of ours.
function copyOf(error) {
  if (!(error instanceof RdsIamError)) return error;
  const { code, message, retryable, cause } = error;
  return new RdsIamError(code, message, { retryable, cause });
}

async function handshake(login, limit) {
  const socket = net.connect(login.port, login.host).setNoDelay(true);
  const failed = new Error('the server did not answer in time');
  // As in the driver, 0 is no limit.
  const timer = limit > 0 ? setTimeout(() => socket.destroy(failed), limit) : undefined;
  try {
    await event(socket, 'connect');
    socket.write(SSL_REQUEST);
    const [answer] = await event(socket, 'data');
    if (answer.toString('latin1') !== 'S') throw new Error('the server does not offer TLS');
    const secure = tls.connect({ ...withContext(login.tls), socket });
    await event(secure, 'secureConnect');
    secure.host = login.host;
    secure.port = login.port;
    return secure;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function event(socket, name) {
  return new Promise((resolve, reject) => {
    const done = (...values) => settle(resolve, values);
    const failed = (error) => settle(reject, error);
    const closed = () => settle(reject, new Error('the server closed the connection'));
    const settle = (how, value) => {
      socket.off(name, done).off('error', failed).off('close', closed);
      how(value);
    };
    socket.once(name, done).once('error', failed).once('close', closed);
  });
}

// The SQLSTATE of an error message, which is the whole answer to a login.
function refusalIn(chunk) {
  return chunk[0] === ERROR ? /\0C([0-9A-Z]{5})\0/.exec(chunk.toString('latin1'))?.[1] : undefined;
}

function isLoggedIn(chunk) {
  return chunk.subarray(0, AUTHENTICATION_OK.length).equals(AUTHENTICATION_OK);
}

module.exports = { postgres };
