'use strict';

const { invalid } = require('./errors.js');
const { options, optionalText } = require('./arguments.js');
const { Signing } = require('./signing.js');
const { regionFrom, targetOf } = require('./target.js');

class GenerateDBAuthTokenCommand {
  constructor(input) {
    this.input = options(input, 'the input of GenerateDBAuthTokenCommand');
  }
}

class RDSClient {
  #configuration;
  #signing;

  constructor(configuration = {}) {
    const { region, profile, credentials } = options(
      configuration,
      'the configuration of RDSClient',
    );
    if (typeof region === 'function') this.#configuration = { region, profile, credentials };
    else this.#signing = signingFor(region, profile, credentials);
  }

  async send(command) {
    if (!(command instanceof GenerateDBAuthTokenCommand)) {
      throw invalid('this client sends GenerateDBAuthTokenCommand and nothing else');
    }
    const { DBHostname, Port, DBUser, DBUsername, Region } = command.input;
    const target = targetOf({
      hostname: DBHostname,
      port: Port,
      username: DBUser ?? DBUsername,
      region: Region,
    });
    try {
      return await (this.#signing ?? (await this.#open())).sign(target);
    } catch (error) {
      throw require('./as-peer.js').asPeer(error);
    }
  }

  // With a region function, the first call has to wait for it.
  async #open() {
    const { region, profile, credentials } = this.#configuration;
    const found = await regionFrom(region);
    this.#signing ??= signingFor(found, profile, credentials);
    return this.#signing;
  }
}

function signingFor(region, profile, credentials) {
  return new Signing({ region: optionalText('region', region), profile, credentials });
}

module.exports = { GenerateDBAuthTokenCommand, RDSClient };
