// A token inside of a text that gives some of its characters a meaning of their own.

import { native, settle, text } from './internal.js';

/** A token as the password in a URL. */
export function urlQuote(token: string): string {
  return settle(native.urlQuote(text('token', token)));
}

/** A token as a field of `.pgpass`. */
export function pgpassQuote(token: string): string {
  return settle(native.pgpassQuote(text('token', token)));
}

/**
 * A token as `PWD` in a connection string of ODBC. With `percent`, for psqlODBC, which also
 * decodes percent signs.
 */
export function odbcQuote(token: string, options?: { percent?: boolean }): string {
  return settle(native.odbcQuote(text('token', token), options?.percent === true));
}
