import { invalid } from './errors.js';
import { native, settle } from './internal.js';
import type { Kind } from './types.js';

/** What can be read in a token, without its signature and its session token. */
export interface Explanation {
  /** What it is a token for. */
  kind: Kind | null;
  host: string | null;
  /** Signed by RDS alone. */
  port: number | null;
  user: string | null;
  region: string | null;
  /** Which access key signed. Not a secret. */
  accessKeyId: string | null;
  hasSessionToken: boolean;
  signedAt: Date | null;
  /** The credentials may end sooner; the token cannot tell. */
  expiresAt: Date | null;
  /** Negative after the end. */
  remainingSeconds: number | null;
  /** Bytes. */
  length: number;
  /** What looks wrong, in plain words; empty if nothing does. */
  problems: string[];
  /** All of it, in lines for a person. */
  toString(): string;
}

/** Reads any text as a token and says what is wrong with it. */
export function explain(token: string): Explanation {
  if (typeof token !== 'string') throw invalid('token has to be a string');
  const { text, ...told } = settle(native.explain(token.toWellFormed()));
  const { signedAt, expiresAt } = told;
  const explanation = { ...told, signedAt: dateOf(signedAt), expiresAt: dateOf(expiresAt) };
  // Not to be seen where the fields are printed or compared.
  return Object.defineProperty(explanation, 'toString', { value: () => text });
}

function dateOf(seconds: number | null): Date | null {
  return seconds === null ? null : new Date(seconds * 1000);
}
