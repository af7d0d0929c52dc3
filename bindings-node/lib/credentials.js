'use strict';

// Where credentials come from. Their secrets go into the addon at once; this side keeps only
// the handle.

const native = require('./native.js');
const errors = require('./errors.js');
const { kind, optionalText, text } = require('./arguments.js');

// What the addon has to know (`handle`, `external`) and, for a provider function, `provider`.
function sourceOf(credentials) {
  if (credentials === undefined || credentials === null) return { external: false };
  if (typeof credentials === 'function') return { external: true, provider: credentials };
  return { external: false, handle: handleOf(credentials) };
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

// Calls a provider function as the SDK does: once, and again with `forceRefresh` if what it
// gave ends soon. `failure` is the error of the second call: it matters only if the first
// ones have ended, which the core notices when it signs.
async function fetchFrom(provider) {
  const first = await ask(provider);
  if (!errors.settle(first.wantsNewer())) return { handle: first };
  let second;
  try {
    second = await ask(provider, { forceRefresh: true });
  } catch (failure) {
    return { handle: first, failure };
  }
  return { handle: errors.settle(first.betterOf(second)) };
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
