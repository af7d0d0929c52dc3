'use strict';

// A new token at each call.

const native = require('./native.js');
const { settle, wouldBlock } = require('./errors.js');
const { optionalText } = require('./arguments.js');
const { fetchFrom, sourceOf } = require('./credentials.js');

class Signing {
  #client;
  #provider;
  #fetching;

  // `client` is one that was made already, with the same options.
  constructor({ region, profile, credentials, client }) {
    const { external, provider, handle } = sourceOf(credentials);
    const options = { region, profile: optionalText('profile', profile), external };
    this.#client = client ?? settle(native.createClient(options, handle));
    this.#provider = provider;
  }

  handles(target) {
    return this.#provider === undefined ? [this.#client, target.atHand(this.#client)] : [];
  }

  async sign(target) {
    const handle = target.atHand(this.#client) ?? (await target.fetch(this.#client));
    const token = await this.#sign(handle);
    target.warn(this.#client);
    return token;
  }

  async #sign(target) {
    if (this.#provider !== undefined) {
      const { handle, failure } = await fetchFrom(this.#provider);
      return settle(this.#client.signWith(target, handle), failure);
    }
    const outcome = this.#client.trySign(target);
    return wouldBlock(outcome) ? this.#signOnPool(target) : settle(outcome);
  }

  // The default chain is asked by one call at a time, so that many callers do not fill the
  // pool of threads; what it gave then serves the others.
  async #signOnPool(target) {
    if (this.#fetching !== undefined) {
      settle(await this.#fetching);
      const outcome = this.#client.trySign(target);
      return settle(wouldBlock(outcome) ? await this.#client.sign(target) : outcome);
    }
    this.#fetching = this.#client.sign(target);
    try {
      return settle(await this.#fetching);
    } finally {
      this.#fetching = undefined;
    }
  }
}

module.exports = { Signing };
