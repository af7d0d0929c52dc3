// The types of the arguments that a first token does without.

import { invalid, kind } from './errors.js';

export function optionalNumber(name: string, value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number') return value;
  throw invalid(`${name} has to be a number, not ${kind(value)}`);
}

export function optionalSeconds(name: string, value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffffffff) {
    return value as number;
  }
  throw invalid(`${name} has to be a whole number of seconds, 0 or more`);
}

// In seconds, as the core counts them.
export function clockOf(clock: (() => number) | undefined): (() => number) | undefined {
  if (clock === undefined || clock === null) return undefined;
  if (typeof clock !== 'function') throw invalid('clock has to be a function like Date.now');
  return () => {
    const now = clock();
    if (Number.isFinite(now)) return Math.floor(now / 1000);
    throw invalid('clock has to return milliseconds, as Date.now() does');
  };
}
