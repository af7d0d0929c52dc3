'use strict';

// The half of `Signer` (in `index.js`) that judges what it is given, and waits where it has to.

const { options } = require('./arguments.js');
const { settle, wouldBlock } = require('./errors.js');
const { Signing } = require('./signing.js');
const { targetOf } = require('./target.js');

class Login {
  #signing;
  #target;
  #refusal;

  constructor(configuration, client) {
    options(configuration, 'the configuration of Signer');
    // The SDK's constructor takes anything, and getAuthToken() rejects.
    try {
      this.#target = targetOf(configuration);
      const { profile, credentials } = configuration;
      this.#signing = new Signing({ profile, credentials, client });
    } catch (error) {
      this.#refusal = error;
    }
  }

  async sign() {
    if (this.#refusal !== undefined) throw this.#refusal;
    try {
      return await this.#signing.sign(this.#target);
    } catch (error) {
      throw asPeer(error);
    }
  }

  // What can sign without this class after a token was made: the client and the target. Neither
  // where a function gives the credentials.
  handles() {
    return this.#signing.handles(this.#target);
  }
}

// Throws what the addon gave instead of a token, unless it is that one has to wait for it.
function refuse(outcome) {
  if (wouldBlock(outcome)) return;
  try {
    settle(outcome);
  } catch (error) {
    throw asPeer(error);
  }
}

function asPeer(error) {
  return require('./as-peer.js').asPeer(error);
}

module.exports = { Login, refuse };
