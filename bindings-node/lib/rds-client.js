'use strict';

const { invalid } = require('./errors.js');
const { options } = require('./arguments.js');
const { asPeer } = require('./as-peer.js');
const { Client } = require('./client.js');
const { regionFrom, targetOf } = require('./target.js');

class GenerateDBAuthTokenCommand {
  constructor(input) {
    this.input = options(input, 'the input of GenerateDBAuthTokenCommand');
  }
}

class RDSClient {
  #configuration;
  #client;

  constructor(configuration = {}) {
    const { region, profile, credentials } = options(
      configuration,
      'the configuration of RDSClient',
    );
    if (typeof region === 'function') this.#configuration = { region, profile, credentials };
    else this.#client = clientFor(region, profile, credentials);
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
      const client = this.#client ?? (await this.#open());
      const token = await client.sign(target.handle ?? (await target.resolve()));
      client.report();
      return token;
    } catch (error) {
      throw asPeer(error);
    }
  }

  // With a region function, the first call has to wait for it.
  async #open() {
    const { region, profile, credentials } = this.#configuration;
    const found = await regionFrom(region);
    this.#client ??= clientFor(found, profile, credentials);
    return this.#client;
  }
}

function clientFor(region, profile, credentials) {
  return new Client({ region, profile, credentials });
}

module.exports = { GenerateDBAuthTokenCommand, RDSClient };
