'use strict';

// The half of `Signer` (in `index.js`) that judges what it is given, and waits where it has to.

const native = require('./native.js');
const { options } = require('./arguments.js');
const { asPeer } = require('./as-peer.js');
const { Client } = require('./client.js');
const { settle } = require('./errors.js');
const { targetOf } = require('./target.js');

class Login {
  #client;
  #target;
  #refusal;

  constructor(configuration, made) {
    options(configuration, 'the configuration of Signer');
    // The SDK's constructor takes anything, and getAuthToken() rejects.
    try {
      this.#target = targetOf(configuration);
      const { profile, credentials } = configuration;
      this.#client = new Client({ profile, credentials }, made);
    } catch (error) {
      this.#refusal = error;
    }
  }

  // `tried` is the result of a first try.
  async sign(tried) {
    if (this.#refusal !== undefined) throw this.#refusal;
    try {
      const target = this.#target.handle ?? (await this.#target.resolve());
      return await this.#client.sign(target, tried);
    } catch (error) {
      throw asPeer(error);
    }
  }

  // The client of the addon, and the same with the target, which sign without this class from now on.
  // Neither where a function returns the credentials.
  handles() {
    const client = this.#client.handle();
    if (client === undefined) return [];
    return [client, settle(native.loginOf(client, this.#target.handle))];
  }

  report() {
    this.#client.report();
  }
}

module.exports = { Login };
