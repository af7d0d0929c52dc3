// Calls of a provider function.

import type { Credentials as Handle, Request } from './addon.js';
import { handleOf } from './credentials.js';
import { CREDENTIALS_PROVIDER, INVALID_ARGUMENT, nameOf, peek, RdsIamError } from './errors.js';
import { isFailure, settle } from './internal.js';
import type { Credentials, CredentialsProvider } from './types.js';

// Calls a provider function for as long as the core has a request for it: once, and again with
// `forceRefresh` if what it returned expires soon.
export async function fetchFrom(provider: CredentialsProvider, request: Request): Promise<void> {
  for (let next: Request | null | undefined = request; next !== undefined && next !== null; ) {
    let handle: Handle;
    try {
      const force = settle(next.forceRefresh());
      handle = force ? await ask(provider, { forceRefresh: true }) : await ask(provider);
    } catch (error) {
      // No error comes back if what the first call returned will do.
      const { message, retryable } = error as RdsIamError;
      const outcome = next.fail(message, retryable);
      if (isFailure(outcome) && outcome.code === CREDENTIALS_PROVIDER) throw error;
      settle(outcome, error);
      return;
    }
    next = settle(next.complete(handle));
  }
}

async function ask(
  provider: CredentialsProvider,
  ...args: Parameters<CredentialsProvider>
): Promise<Handle> {
  let identity: Credentials;
  try {
    identity = await provider(...args);
  } catch (cause) {
    throw threw(cause);
  }
  try {
    return handleOf(identity);
  } catch (error) {
    // What they are may be computed by code of the caller's, which may throw anything.
    if (!(error instanceof RdsIamError)) throw threw(error);
    if (error.code !== INVALID_ARGUMENT) throw error;
    throw providerFailed(`gave something else than credentials: ${error.message}`);
  }
}

function threw(cause: unknown): RdsIamError {
  return providerFailed(`failed with ${nameOf(cause)}; see the cause of this error`, cause);
}

function providerFailed(what: string, cause?: unknown): RdsIamError {
  const told = cause as { retryable?: unknown; $retryable?: unknown } | null | undefined;
  const isRetryable = () => told?.retryable === true || typeof told?.$retryable === 'object';
  const retryable = peek(isRetryable) ?? false;
  const message = `the provider of the credentials ${what}`;
  return new RdsIamError(CREDENTIALS_PROVIDER, message, { retryable, cause });
}
