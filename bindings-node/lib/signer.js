'use strict';

const { options } = require('./arguments.js');
const { Signing } = require('./signing.js');
const { targetOf } = require('./target.js');

class Signer {
  #signing;
  #target;
  #refusal;

  constructor(configuration) {
    options(configuration, 'the configuration of Signer');
    // The SDK's constructor takes anything, and getAuthToken() rejects.
    try {
      this.#target = targetOf(configuration);
      const { profile, credentials } = configuration;
      this.#signing = new Signing({ profile, credentials });
    } catch (error) {
      this.#refusal = error;
    }
  }

  async getAuthToken() {
    if (this.#refusal !== undefined) throw this.#refusal;
    try {
      return await this.#signing.sign(this.#target);
    } catch (error) {
      throw require('./as-peer.js').asPeer(error);
    }
  }
}

module.exports = { Signer };
