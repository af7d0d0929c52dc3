import { asPeer } from './as-peer.js';
import type { Client } from './client.js';
import { clientOf } from './client-options.js';
import { invalid } from './errors.js';
import { options, targetOf, waiterOf } from './internal.js';
import type { Credentials, CredentialsProvider, Region } from './types.js';
import { regionFrom, resolve } from './waiter.js';

export interface RDSClientConfig {
  /** For hosts that carry no region, where the command names none. */
  region?: Region | undefined;
  profile?: string | undefined;
  credentials?: Credentials | CredentialsProvider | undefined;
}

export interface GenerateDBAuthTokenCommandInput {
  DBHostname: string;
  Port: number | string;
  DBUser?: string | undefined;
  /** boto3's name for `DBUser`. */
  DBUsername?: string | undefined;
  Region?: string | undefined;
}

/** See {@link RDSClient}. */
export class GenerateDBAuthTokenCommand {
  readonly input: GenerateDBAuthTokenCommandInput;

  constructor(input: GenerateDBAuthTokenCommandInput) {
    this.input = options(input, 'the input of GenerateDBAuthTokenCommand');
  }
}

/**
 * Sends {@link GenerateDBAuthTokenCommand}, which many texts show but `@aws-sdk/client-rds` does
 * not have. Nothing is sent anywhere: a token is signed here.
 */
export class RDSClient {
  readonly #configuration: RDSClientConfig | undefined;
  #client: Client | undefined;

  /** @throws {RdsIamError} if an argument is wrong */
  constructor(configuration: RDSClientConfig = {}) {
    const { region, profile, credentials } = options(
      configuration,
      'the configuration of RDSClient',
    );
    if (typeof region === 'function') this.#configuration = { region, profile, credentials };
    else this.#client = clientOf({ region, profile, credentials });
  }

  /**
   * A new token at each call.
   * @throws {RdsIamError} by rejecting
   */
  async send(command: GenerateDBAuthTokenCommand): Promise<string> {
    if (!(command instanceof GenerateDBAuthTokenCommand)) {
      throw invalid('this client sends GenerateDBAuthTokenCommand and nothing else');
    }
    const { DBHostname, Port, DBUser, DBUsername, Region } = command.input;
    const target = targetOf({
      hostname: DBHostname,
      port: Port,
      username: (DBUser ?? DBUsername) as string,
      region: Region,
    });
    try {
      const client = this.#client ?? (await this.#open());
      const waiter = waiterOf(client);
      const token = await waiter.sign(target.handle ?? (await resolve(target)));
      waiter.report();
      return token;
    } catch (error) {
      throw asPeer(error);
    }
  }

  // With a region function, the first call has to wait for it.
  async #open(): Promise<Client> {
    const { region, profile, credentials } = this.#configuration ?? {};
    const found = await regionFrom(typeof region === 'function' ? region : undefined);
    this.#client ??= clientOf({ region: found, profile, credentials });
    return this.#client;
  }
}
