'use strict';

// What a token is asked for, and the function that may give its region.

const native = require('./native.js');
const { REGION_MISSING, RdsIamError, nameOf, settle } = require('./errors.js');
const { options, optionalText, port, text } = require('./arguments.js');

class Target {
  // For the addon; missing while the region function has to be called first.
  handle;
  #regionOf;
  #make;
  #resolving;

  constructor({ hostname, port: number, username, region }) {
    const parts = [text('hostname', hostname), port(number), text('username', username)];
    this.#make = (found) => {
      this.handle = settle(native.createTarget(...parts, found));
      return this.handle;
    };
    if (typeof region === 'function') this.#regionOf = region;
    else this.#make(optionalText('region', region));
  }

  // The handle. What the function returned is kept, as the JS SDK does.
  resolve() {
    this.#resolving ??= regionFrom(this.#regionOf)
      .then(this.#make)
      .finally(() => {
        this.#resolving = undefined;
      });
    return this.#resolving;
  }
}

async function regionFrom(provider) {
  let region;
  try {
    region = await provider();
  } catch (cause) {
    const message = `the region function failed with ${nameOf(cause)}; see the cause of this error`;
    throw new RdsIamError(REGION_MISSING, message, { cause });
  }
  return optionalText('region', region);
}

function targetOf(configuration, name) {
  return new Target(options(configuration, name));
}

module.exports = { regionFrom, targetOf };
