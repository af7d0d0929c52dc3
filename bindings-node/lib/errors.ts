// What is thrown. A file of its own: a first token that succeeds does without.

import type { Failure } from './addon.js';

export const INVALID_ARGUMENT = 'ERR_RDSIAM_INVALID_ARGUMENT';
export const CREDENTIALS_NOT_FOUND = 'ERR_RDSIAM_CREDENTIALS_NOT_FOUND';
export const CREDENTIALS_PROVIDER = 'ERR_RDSIAM_CREDENTIALS_PROVIDER';
export const REGION_MISSING = 'ERR_RDSIAM_REGION_MISSING';
export const TIMEOUT = 'ERR_RDSIAM_TIMEOUT';
export const WOULD_BLOCK = 'ERR_RDSIAM_WOULD_BLOCK';
export const INTERNAL = 'ERR_RDSIAM_INTERNAL';

export type RdsIamErrorCode =
  | typeof INVALID_ARGUMENT
  | typeof REGION_MISSING
  | typeof CREDENTIALS_NOT_FOUND
  | 'ERR_RDSIAM_CREDENTIALS_EXPIRED'
  | typeof CREDENTIALS_PROVIDER
  | typeof TIMEOUT
  | typeof WOULD_BLOCK
  | 'ERR_RDSIAM_CLOCK'
  | typeof INTERNAL
  | 'ERR_RDSIAM_PANIC';

/** What every function of this package throws, or rejects with. Its text holds no secret. */
export class RdsIamError extends Error {
  /**
   * `RdsIamError`; of what `Signer` and `RDSClient` reject with for want of credentials, as with the
   * JS SDK, `CredentialsProviderError`, or the name of the error that a function of yours threw.
   */
  declare readonly name: string;
  readonly code: RdsIamErrorCode;
  /** Whether the same call can succeed later without a change by the caller. */
  readonly retryable: boolean;
  /** What a provider function threw. Its text is not this package's: mind it before you log it. */
  declare readonly cause?: unknown;

  constructor(
    code: RdsIamErrorCode,
    message: string,
    { retryable = false, cause }: { retryable?: boolean | undefined; cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retryable = retryable;
  }
}
Object.defineProperty(RdsIamError.prototype, 'name', { value: 'RdsIamError' });

export function failed({ code, message, retryable }: Failure, cause: unknown): RdsIamError {
  return new RdsIamError(code as RdsIamErrorCode, message, { retryable, cause });
}

export function invalid(message: string): RdsIamError {
  return new RdsIamError(INVALID_ARGUMENT, message);
}

export function noAddon(message: string, cause: unknown): RdsIamError {
  return new RdsIamError(INTERNAL, message, { cause });
}

export function noOptions(name: string): RdsIamError {
  return invalid(`${name} is missing: it has to be an object`);
}

export function noText(name: string, value: unknown): RdsIamError {
  if (typeof value === 'string') {
    return invalid(`${name} has half of a surrogate pair, which cannot be encoded`);
  }
  return invalid(
    value === undefined || value === null
      ? `${name} is missing; give a string`
      : `${name} has to be a string, not ${kind(value)}`,
  );
}

export function noPort(): RdsIamError {
  return invalid('port has to be a whole number from 1 to 65535, for example 5432 or 3306');
}

export function kind(value: unknown): string {
  return Array.isArray(value) ? 'an array' : `of type ${typeof value}`;
}

// What can be seen of something that foreign code threw: to look at it may throw as well.
export function peek<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

// Of an error that foreign code threw, for a message. Its text may hold a secret.
export function nameOf(cause: unknown): string {
  const name = peek(() => (cause instanceof Error ? cause.name : undefined));
  return typeof name === 'string' && /^\w{1,64}$/.test(name) ? name : 'a value that is no Error';
}

export function wouldBlock(): RdsIamError {
  return new RdsIamError(
    WOULD_BLOCK,
    'the credentials would have to be fetched, which getTokenSync() cannot wait for; await ' +
      'getToken() first, or give credentials that need no fetching',
  );
}

export function overdue(timeout: number): RdsIamError {
  return new RdsIamError(
    TIMEOUT,
    `the AWS credentials did not arrive within ${timeout} s; their source hangs. Check the network ` +
      'and the source, or raise the timeout',
    { retryable: true },
  );
}

// After a region function has failed.
export function noRegion(cause: unknown): RdsIamError {
  const message = `the region function failed with ${nameOf(cause)}; see the cause of this error`;
  return new RdsIamError(REGION_MISSING, message, { cause });
}
