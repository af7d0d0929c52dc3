'use strict';

// Servers without TLS that speak just enough to be told a password, and keep all they receive.

const net = require('node:net');

const PACKET = (sequence, body) => {
  const head = Buffer.alloc(4);
  head.writeUIntLE(body.length, 0, 3);
  head[3] = sequence;
  return Buffer.concat([head, body]);
};

// No CLIENT_SSL (0x800) among the capabilities.
const CAPABILITIES = 0x000fa28d;
const GREETING = PACKET(
  0,
  Buffer.concat([
    Buffer.from('\x0a8.0.36\0', 'latin1'),
    Buffer.from([1, 0, 0, 0]),
    Buffer.from('12345678\0'),
    Buffer.from([CAPABILITIES & 0xff, (CAPABILITIES >> 8) & 0xff, 45, 2, 0]),
    Buffer.from([(CAPABILITIES >> 16) & 0xff, 0, 21]),
    Buffer.alloc(10),
    Buffer.from('123456789012\0mysql_native_password\0'),
  ]),
);
const SWITCH = PACKET(2, Buffer.from('\xfemysql_clear_password\0', 'latin1'));
const PG_CLEARTEXT = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]);
const PG_REFUSAL = Buffer.from('E\0\0\0\x1cSFATAL\0C28P01\0Mrefused\0\0', 'latin1');
const SSL_REQUEST = 80877103;

function speakPostgres(socket, chunk, step) {
  if (chunk.length === 8 && chunk.readUInt32BE(4) === SSL_REQUEST) socket.write('N');
  else if (step.done) socket.end(PG_REFUSAL);
  else {
    step.done = true;
    socket.write(PG_CLEARTEXT);
  }
}

function speakMysql(socket, _, step) {
  if (step.done) return socket.destroy();
  step.done = true;
  return socket.write(SWITCH);
}

// The port, and `received()`: all that came in, of all connections.
async function record(t, server) {
  const chunks = [];
  const sockets = [];
  const listener = net.createServer((socket) => {
    const step = { done: false };
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (server === 'postgres') speakPostgres(socket, chunk, step);
      else speakMysql(socket, chunk, step);
    });
    if (server === 'mariadb') socket.write(GREETING);
  });
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    listener.close();
    for (const socket of sockets) socket.destroy();
  });
  return {
    port: listener.address().port,
    received: () => Buffer.concat(chunks).toString('latin1'),
    connections: () => sockets.length,
  };
}

module.exports = { record };
