// An RDS for tests, which verifies each token: `rdsiam local`, started and stopped from a test runner.

import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** Where a database is, and what is signed for it. */
export interface LocalDatabase {
  engine: 'mysql' | 'postgres' | 'redis';
  host: string;
  hostaddr: string;
  port: number;
  sign_port: number;
  user: string;
  database: string;
  /** Of a cache of ElastiCache or MemoryDB alone, as is `kind`: they are signed. */
  name?: string;
  kind?: string;
}

/** One login, and why it was refused. Nothing of a token is in it. */
export interface LocalLogin {
  at: string;
  engine: 'mysql' | 'postgres' | 'redis';
  user: string;
  accepted: boolean;
  reason?: string;
  message?: string;
  error?: string;
  status?: number;
}

interface Told {
  databases: LocalDatabase[];
  ca: string;
  region: string;
  control: string;
  environment: Record<string, string>;
  removed: string[];
}

const VARIABLE = 'RDSIAM_COMMAND';

/** A running `rdsiam local`. */
export class Local {
  readonly databases: readonly LocalDatabase[];
  /** The certificate of its authority, as PEM. */
  readonly ca: string;
  readonly region: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly #told: Told;
  readonly #child: ChildProcess;
  #before: Map<string, string | undefined> | undefined;

  /** @internal */
  constructor(told: Told, child: ChildProcess) {
    this.databases = told.databases;
    this.ca = readFileSync(told.ca, 'utf8');
    this.region = told.region;
    this.environment = told.environment;
    this.#told = told;
    this.#child = child;
  }

  /** The first PostgreSQL. */
  get postgres(): LocalDatabase {
    return this.#first('postgres');
  }

  /** The first MySQL. */
  get mysql(): LocalDatabase {
    return this.#first('mysql');
  }

  /** The first Redis or Valkey. */
  get redis(): LocalDatabase {
    return this.#first('redis');
  }

  #first(engine: string): LocalDatabase {
    const found = this.databases.find((database) => database.engine === engine);
    if (found === undefined) {
      throw new Error(`rdsiam local was started without ${engine}: see --database`);
    }
    return found;
  }

  /** Makes these go wrong from now on, such as `refuse=1` or `expired`; none: nothing. */
  async fault(...faults: string[]): Promise<void> {
    await this.#control('PUT', '/faults', JSON.stringify(faults));
  }

  /** Each login since the start. */
  async logins(): Promise<LocalLogin[]> {
    return (await this.#control('GET', '/logins')) as LocalLogin[];
  }

  /** Ends all faults, and forgets all logins. */
  async reset(): Promise<void> {
    await this.fault();
    await this.#control('DELETE', '/logins');
  }

  /** Stops it, and restores `process.env`. */
  async stop(): Promise<void> {
    for (const [name, value] of this.#before ?? []) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    this.#before = undefined;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.stdin?.end();
    await ended;
  }

  /** @internal */
  apply(): void {
    this.#before = new Map();
    for (const name of [...this.#told.removed, ...Object.keys(this.environment)]) {
      if (!this.#before.has(name)) this.#before.set(name, process.env[name]);
    }
    for (const name of this.#told.removed) delete process.env[name];
    Object.assign(process.env, this.environment);
  }

  async #control(method: string, where: string, body?: string): Promise<unknown> {
    const init = { method, signal: AbortSignal.timeout(10_000), ...(body && { body }) };
    const answer = await fetch(this.#told.control + where, init);
    if (!answer.ok) throw new Error((await answer.text()).trim());
    return answer.json();
  }
}

/** How it is started. */
export interface LocalOptions {
  /** Options of `rdsiam local`, such as `['--database', 'postgres']`. */
  options?: readonly string[];
  /** Whether `process.env` gets its variables until `stop()`. By default it does. */
  setEnvironment?: boolean;
}

/** Starts `rdsiam local`. It ends with `stop()`, or with this process. */
export async function startLocal(given: LocalOptions = {}): Promise<Local> {
  const [program, ...before] = find();
  const args = [...before, 'local', '--json', '--until-input-ends', ...(given.options ?? [])];
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const local = new Local(await firstLine(child, program), child);
  child.stdout.destroy();
  // Neither it nor its pipes keep the test runner.
  child.unref();
  (child.stdin as unknown as { unref?: () => void }).unref?.();
  if (given.setEnvironment ?? true) local.apply();
  return local;
}

function firstLine(child: ReturnType<typeof spawn>, program: string): Promise<Told> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.once('error', (error) => reject(new Error(`${program}: ${error.message}`)));
    child.once('exit', (status) => {
      reject(new Error(`${program} local ended with ${status}; what it said is on standard error`));
    });
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      const end = text.indexOf('\n');
      if (end >= 0) resolve(JSON.parse(text.slice(0, end)) as Told);
    });
  });
}

/** The command of RDSIAM_COMMAND, of the package `@rdsiam/cli`, or on PATH. */
function find(): [string, ...string[]] {
  const named = process.env[VARIABLE];
  if (named) return [named];
  try {
    const require = createRequire(path.join(process.cwd(), 'package.json'));
    const name = `@rdsiam/cli-${process.platform}-${process.arch}`;
    return [require.resolve(`${name}/rdsiam`, { paths: [process.cwd(), __dirname] })];
  } catch {
    // It is not installed by npm.
  }
  // This package's own command has the same name and no servers; npm puts it first on PATH.
  const own = path.dirname(__dirname);
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    const file = path.join(folder, 'rdsiam');
    try {
      accessSync(file, constants.X_OK);
      if (!realpathSync(file).startsWith(own + path.sep)) return [file];
    } catch {
      // Another folder may have it.
    }
  }
  throw new Error(
    `the command rdsiam is not installed: npm install --save-dev @rdsiam/cli, or set ${VARIABLE} to its path`,
  );
}
