'use strict';

const INVALID_ARGUMENT = 'ERR_RDSIAM_INVALID_ARGUMENT';
const CREDENTIALS_NOT_FOUND = 'ERR_RDSIAM_CREDENTIALS_NOT_FOUND';
const CREDENTIALS_PROVIDER = 'ERR_RDSIAM_CREDENTIALS_PROVIDER';
const REGION_MISSING = 'ERR_RDSIAM_REGION_MISSING';
const TIMEOUT = 'ERR_RDSIAM_TIMEOUT';
const WOULD_BLOCK = 'ERR_RDSIAM_WOULD_BLOCK';
const INTERNAL = 'ERR_RDSIAM_INTERNAL';

class RdsIamError extends Error {
  constructor(code, message, { retryable = false, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retryable = retryable;
  }
}
Object.defineProperty(RdsIamError.prototype, 'name', { value: 'RdsIamError' });

// What the addon gives back is a value, or a failure: this is the only place that turns one
// into an error. No value has a `code`.
function settle(outcome, cause) {
  const code = outcome?.code;
  if (code === undefined) return outcome;
  throw new RdsIamError(code, outcome.message, { retryable: outcome.retryable, cause });
}

function invalid(message) {
  return new RdsIamError(INVALID_ARGUMENT, message);
}

// Of an error that foreign code threw, for a message. Its text may hold a secret.
function nameOf(cause) {
  const name = cause instanceof Error ? cause.name : undefined;
  return typeof name === 'string' && /^\w{1,64}$/.test(name) ? name : 'a value that is no Error';
}

module.exports = {
  CREDENTIALS_NOT_FOUND,
  CREDENTIALS_PROVIDER,
  INTERNAL,
  INVALID_ARGUMENT,
  REGION_MISSING,
  RdsIamError,
  TIMEOUT,
  WOULD_BLOCK,
  invalid,
  nameOf,
  settle,
};
