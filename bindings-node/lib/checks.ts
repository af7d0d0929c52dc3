// The checks that a first token needs. Their values are judged by the core. What they refuse with is loaded
// when there is something to refuse.

import type { Failure } from './addon.js';

export const refusals = () => require('./errors.js') as typeof import('./errors.js');
export const more = () => require('./more.js') as typeof import('./more.js');

export function options<T>(value: T, name: string): NonNullable<T> {
  if (value === null || typeof value !== 'object') throw refusals().noOptions(name);
  return value;
}

export function text(name: string, value: unknown): string {
  if (typeof value === 'string' && value.isWellFormed()) return value;
  throw refusals().noText(name, value);
}

export function optionalText(name: string, value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : text(name, value);
}

export function port(value: unknown): number {
  const number = typeof value === 'string' && /^[0-9]+$/.test(value) ? Number(value) : value;
  if (Number.isInteger(number) && (number as number) >= 1 && (number as number) <= 65535) {
    return number as number;
  }
  throw refusals().noPort();
}

export function isFailure(outcome: unknown): outcome is Failure {
  return (outcome as Partial<Failure> | null | undefined)?.code !== undefined;
}

// What the addon gives back is a value, or a failure: this is the only place that turns one
// into an error. No value has a `code`.
export function settle<T>(outcome: T, cause?: unknown): Exclude<T, Failure> {
  if (!isFailure(outcome)) return outcome as Exclude<T, Failure>;
  throw refusals().failed(outcome, cause);
}
