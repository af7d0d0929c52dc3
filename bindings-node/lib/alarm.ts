// How the core says, from any thread, that it is worth polling the calls of a client again.

import type { Alarm } from './addon.js';
import { native, settle } from './internal.js';

// The clients that wait, by their numbers. Nothing else holds them while nobody's promise does.
export const waiting = new Map<number, { poll(): void }>();
let alarm: Alarm | undefined;
let last = 0;

export function newNumber(): number {
  last = (last + 1) >>> 0;
  return last;
}

export function theAlarm(): Alarm {
  alarm ??= settle(native.createAlarm((number) => waiting.get(number)?.poll()));
  return alarm;
}
