// The types of arguments. Their values are judged by the core.

import { invalid } from './errors.js';

export function options<T>(value: T, name: string): NonNullable<T> {
  if (value === null || typeof value !== 'object') {
    throw invalid(`${name} is missing: it has to be an object`);
  }
  return value;
}

export function text(name: string, value: unknown): string {
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

export function optionalText(name: string, value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : text(name, value);
}

export function port(value: unknown): number {
  const number = typeof value === 'string' && /^[0-9]+$/.test(value) ? Number(value) : value;
  if (isInteger(number) && number >= 1 && number <= 65535) return number;
  throw invalid('port has to be a whole number from 1 to 65535, for example 5432 or 3306');
}

export function optionalNumber(name: string, value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number') return value;
  throw invalid(`${name} has to be a number, not ${kind(value)}`);
}

export function optionalSeconds(name: string, value: unknown): number | undefined {
  return value === undefined || value === null ? undefined : seconds(name, value);
}

export function seconds(name: string, value: unknown): number {
  if (isInteger(value) && value >= 0 && value <= 0xffffffff) return value;
  throw invalid(`${name} has to be a whole number of seconds, 0 or more`);
}

export function kind(value: unknown): string {
  return Array.isArray(value) ? 'an array' : `of type ${typeof value}`;
}

function isInteger(value: unknown): value is number {
  return Number.isInteger(value);
}
