'use strict';

// Leads the sockets of a Node program to the emulator, whatever name it asks for: for the JS SDK,
// which knows no proxies. Loaded by `node --require`.

const net = require('node:net');

const [host, port] = process.env.EMULATOR_TLS.split(':');
const { connect } = net.Socket.prototype;

net.Socket.prototype.connect = function led(...args) {
  const options = Array.isArray(args[0]) ? args[0][0] : args[0];
  if (options?.port && options.host && options.host !== '127.0.0.1') {
    options.host = host;
    options.port = Number(port);
  }
  return connect.apply(this, args);
};
