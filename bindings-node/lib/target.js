'use strict';

// What a token is asked for, and the region it is signed for.

const native = require('./native.js');
const { REGION_MISSING, RdsIamError, nameOf, settle, wouldBlock } = require('./errors.js');
const { options, optionalText, port, text } = require('./arguments.js');

class Target {
  #host;
  #port;
  #user;
  #regionOf;
  #handle;
  #settled = false;
  #settling;
  #mayWarn = true;

  constructor({ hostname, port: number, username, region }) {
    this.#host = text('hostname', hostname);
    this.#port = port(number);
    this.#user = text('username', username);
    if (typeof region === 'function') this.#regionOf = region;
    else this.#make(optionalText('region', region));
  }

  #make(region) {
    this.#handle = settle(native.createTarget(this.#host, this.#port, this.#user, region));
    this.#settled = region !== undefined;
    return this.#handle;
  }

  // Throws now what the core would say at the first use.
  check(client) {
    if (this.#handle === undefined) return;
    const outcome = client.tryRegion(this.#handle);
    if (!wouldBlock(outcome)) settle(outcome);
  }

  // The handle, if its region is known without a call to a function or a look into a file.
  atHand(client) {
    if (this.#settled) return this.#handle;
    if (this.#regionOf !== undefined) return undefined;
    const outcome = client.tryRegion(this.#handle);
    if (wouldBlock(outcome)) return undefined;
    settle(outcome);
    this.#settled = true;
    return this.#handle;
  }

  // The handle, whatever it takes. What was found once is kept, as the SDK does.
  fetch(client) {
    this.#settling ??= this.#fetch(client).finally(() => {
      this.#settling = undefined;
    });
    return this.#settling;
  }

  async #fetch(client) {
    if (this.#regionOf === undefined) {
      return this.#make(settle(await client.region(this.#handle)));
    }
    this.#make(await regionFrom(this.#regionOf));
    this.#regionOf = undefined;
    return this.atHand(client) ?? this.#fetch(client);
  }

  // To be called after a token was made: the core warns once about a region that contradicts
  // the host.
  warn(client) {
    if (!this.#mayWarn) return;
    this.#mayWarn = false;
    emit(client.takeWarnings());
  }
}

function emit(warnings) {
  for (const text of settle(warnings)) process.emitWarning(text, 'RdsIamWarning');
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

module.exports = { emit, regionFrom, targetOf };
