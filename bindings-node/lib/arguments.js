'use strict';

// The types of arguments. Their values are judged by the core.

const { invalid } = require('./errors.js');

function options(value, name) {
  if (value === null || typeof value !== 'object') {
    throw invalid(`${name} is missing: it has to be an object`);
  }
  return value;
}

function text(name, value) {
  if (typeof value !== 'string') {
    throw invalid(
      value === undefined || value === null
        ? `${name} is missing; give a string`
        : `${name} has to be a string, not ${kind(value)}`,
    );
  }
  if (!value.isWellFormed()) {
    throw invalid(`${name} has half of a surrogate pair, which cannot be encoded`);
  }
  return value;
}

function optionalText(name, value) {
  return value === undefined || value === null ? undefined : text(name, value);
}

function port(value) {
  const number = typeof value === 'string' && /^[0-9]+$/.test(value) ? Number(value) : value;
  if (Number.isInteger(number) && number >= 1 && number <= 65535) return number;
  throw invalid('port has to be a whole number from 1 to 65535, for example 5432 or 3306');
}

function optionalNumber(name, value) {
  if (value === undefined || value === null || typeof value === 'number') return value ?? undefined;
  throw invalid(`${name} has to be a number, not ${kind(value)}`);
}

function optionalSeconds(name, value) {
  return value === undefined || value === null ? undefined : seconds(name, value);
}

function seconds(name, value) {
  if (Number.isInteger(value) && value >= 0 && value <= 0xffffffff) return value;
  throw invalid(`${name} has to be a whole number of seconds, 0 or more`);
}

function kind(value) {
  return Array.isArray(value) ? 'an array' : `of type ${typeof value}`;
}

module.exports = {
  kind,
  optionalNumber,
  options,
  optionalSeconds,
  optionalText,
  port,
  seconds,
  text,
};
