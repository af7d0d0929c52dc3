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

// What the addon gives back is a value, or a failure: this is the only place that turns one
// into an error. No value has a `code`.
export function settle<T>(outcome: T, cause?: unknown): Exclude<T, Failure> {
  if (!isFailure(outcome)) return outcome as Exclude<T, Failure>;
  const { message, retryable } = outcome;
  throw new RdsIamError(outcome.code as RdsIamErrorCode, message, { retryable, cause });
}

export function isFailure(outcome: unknown): outcome is Failure {
  return (outcome as Partial<Failure> | null | undefined)?.code !== undefined;
}

export function invalid(message: string): RdsIamError {
  return new RdsIamError(INVALID_ARGUMENT, message);
}

// Of an error that foreign code threw, for a message. Its text may hold a secret.
export function nameOf(cause: unknown): string {
  const name = cause instanceof Error ? cause.name : undefined;
  return typeof name === 'string' && /^\w{1,64}$/.test(name) ? name : 'a value that is no Error';
}
