'use strict';

// The errors of what stands in for the JS SDK, told apart as the SDK's are: by their `name`, and
// by how their message begins. Class, `code` and `retryable` stay those of this package. Loaded
// when something fails.

const { CREDENTIALS_NOT_FOUND, CREDENTIALS_PROVIDER, REGION_MISSING, RdsIamError, nameOf } =
  require('./errors.js');

const BEGINNINGS = {
  [CREDENTIALS_NOT_FOUND]: 'Could not load credentials from any providers',
  [CREDENTIALS_PROVIDER]: 'Could not load credentials from any providers',
  [REGION_MISSING]: 'Region is missing',
};

function asPeer(error) {
  if (!(error instanceof RdsIamError) || BEGINNINGS[error.code] === undefined) return error;
  const { code, message, retryable, cause } = error;
  // A new one, since many callers may share the other.
  if (cause === undefined) {
    const made = new RdsIamError(code, `${BEGINNINGS[code]}: ${message}`, { retryable });
    return code === REGION_MISSING ? made : named(made, 'CredentialsProviderError');
  }
  // What a function of the caller's threw, the SDK lets through, so the name is that one's.
  const name = nameOf(cause);
  if (name === 'Error' || !/^\w+$/.test(name)) return error;
  return named(new RdsIamError(code, message, { retryable, cause }), name);
}

function named(error, name) {
  Object.defineProperty(error, 'name', { value: name, configurable: true });
  error.stack = error.stack.replace(/^RdsIamError/, name);
  return error;
}

module.exports = { asPeer };
