'use strict';

// Where credentials come from. Their secrets go into the addon at once; this side keeps only
// the handle.

const native = require('./native.js');
const errors = require('./errors.js');
const { kind, optionalText, text } = require('./arguments.js');

// `handle`, for the addon, or `provider`, a function. Neither is the default chain.
function sourceOf(credentials) {
  if (credentials === undefined || credentials === null) return {};
  if (typeof credentials === 'function') return { provider: credentials };
  return { handle: handleOf(credentials) };
}

function handleOf(identity) {
  if (identity === null || typeof identity !== 'object') {
    throw errors.invalid(
      'credentials has to be an object with accessKeyId and secretAccessKey, or a function ' +
        `that gives one, not ${identity === null ? 'null' : kind(identity)}`,
    );
  }
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = identity;
  return errors.settle(
    native.createCredentials(
      text('credentials.accessKeyId', accessKeyId),
      text('credentials.secretAccessKey', secretAccessKey),
      optionalText('credentials.sessionToken', sessionToken),
      unixSeconds(expiration),
    ),
  );
}

function unixSeconds(expiration) {
  if (expiration === undefined || expiration === null) return undefined;
  const time = typeof expiration.getTime === 'function' ? expiration.getTime() : Number.NaN;
  if (!Number.isFinite(time)) throw errors.invalid('credentials.expiration has to be a valid Date');
  return Math.floor(time / 1000);
}

// Calls a provider function for as long as the core has a request for it: once, and again with
// `forceRefresh` if what it returned expires soon.
async function fetchFrom(provider, request) {
  for (let next = request; next !== undefined && next !== null; ) {
    let handle;
    try {
      const force = errors.settle(next.forceRefresh());
      handle = force ? await ask(provider, { forceRefresh: true }) : await ask(provider);
    } catch (error) {
      // No error comes back if what the first call returned will do.
      const outcome = next.fail(error.message, error.retryable);
      if (outcome?.code === errors.CREDENTIALS_PROVIDER) throw error;
      errors.settle(outcome, error);
      return;
    }
    next = errors.settle(next.complete(handle));
  }
}

async function ask(provider, ...args) {
  let identity;
  try {
    identity = await provider(...args);
  } catch (cause) {
    throw threw(cause);
  }
  try {
    return handleOf(identity);
  } catch (error) {
    // What they are may be computed by code of the caller's, which may throw anything.
    if (!(error instanceof errors.RdsIamError)) throw threw(error);
    if (error.code !== errors.INVALID_ARGUMENT) throw error;
    throw providerFailed(`gave something else than credentials: ${error.message}`);
  }
}

function threw(cause) {
  return providerFailed(`failed with ${errors.nameOf(cause)}; see the cause of this error`, cause);
}

function providerFailed(what, cause) {
  const retryable = cause?.retryable === true || typeof cause?.$retryable === 'object';
  return new errors.RdsIamError(
    errors.CREDENTIALS_PROVIDER,
    `the provider of the credentials ${what}`,
    {
      retryable,
      cause,
    },
  );
}

module.exports = { fetchFrom, sourceOf };
