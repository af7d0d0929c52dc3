'use strict';

// How the core says, from any thread, that it is worth polling the calls of a client again.

const native = require('./native.js');
const { settle } = require('./errors.js');

// The clients that wait, by their numbers. Nothing else holds them while nobody's promise does.
const waiting = new Map();
let alarm;
let last = 0;

function newNumber() {
  last = (last + 1) >>> 0;
  return last;
}

function theAlarm() {
  alarm ??= settle(native.createAlarm((number) => waiting.get(number)?.poll()));
  return alarm;
}

module.exports = { newNumber, theAlarm, waiting };
