// The errors of what stands in for the JS SDK, told apart as the SDK's are: by their `name`, and
// by how their message begins. Class, `code` and `retryable` stay those of this package.

import {
  CREDENTIALS_NOT_FOUND,
  CREDENTIALS_PROVIDER,
  nameOf,
  RdsIamError,
  REGION_MISSING,
} from './errors.js';

const BEGINNINGS: Partial<Record<string, string>> = {
  [CREDENTIALS_NOT_FOUND]: 'Could not load credentials from any providers',
  [CREDENTIALS_PROVIDER]: 'Could not load credentials from any providers',
  [REGION_MISSING]: 'Region is missing',
};

export function asPeer(error: unknown): unknown {
  if (!(error instanceof RdsIamError)) return error;
  const { code, message, retryable, cause } = error;
  const beginning = BEGINNINGS[code];
  if (beginning === undefined) return error;
  // A new one, since many callers may share the other.
  if (cause === undefined) {
    const made = new RdsIamError(code, `${beginning}: ${message}`, { retryable });
    return code === REGION_MISSING ? made : named(made, 'CredentialsProviderError');
  }
  // What a function of the caller's threw, the SDK lets through, so the name is that one's.
  const name = nameOf(cause);
  if (name === 'Error' || !/^\w+$/.test(name)) return error;
  return named(new RdsIamError(code, message, { retryable, cause }), name);
}

function named(error: RdsIamError, name: string): RdsIamError {
  Object.defineProperty(error, 'name', { value: name, configurable: true });
  error.stack = error.stack?.replace(/^RdsIamError/, name) ?? '';
  return error;
}
