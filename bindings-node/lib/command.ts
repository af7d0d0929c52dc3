#!/usr/bin/env node
// The smallest command line: `npx rdsiam token`, `explain`, `ca`. It is that of `python -m rdsiam`.

import { text } from 'node:stream/consumers';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { caBundle, explain, RdsIamError, Signer } from './index.js';

interface Command {
  help: string;
  required: string[];
  optional: string[];
  run(given: Record<string, string | undefined>): string | Promise<string>;
}

const ELSEWHERE = ['psql', 'mysql', 'exec', 'doctor', 'policy', 'sql', 'enable'];
const HOW = `${ELSEWHERE.join(', ')} are in the command rdsiam: npm install --global @rdsiam/cli, or npx @rdsiam/cli`;
const PROGRAM = 'npx rdsiam';
const COMMANDS = new Map<string, Command>([
  [
    'token',
    {
      help: "make a token; the options are the AWS CLI's",
      required: ['hostname', 'port', 'username'],
      optional: ['region', 'profile'],
      run: ({ hostname = '', port = '', username = '', region, profile }) =>
        new Signer({
          hostname,
          port: port,
          username,
          region,
          profile,
        }).getAuthToken(),
    },
  ],
  [
    'explain',
    {
      help: 'say what a token on standard input is for',
      required: [],
      optional: [],
      run: async () => String(explain((await text(process.stdin)).trim())),
    },
  ],
  [
    'ca',
    {
      help: 'print the path of a file with the certificates of RDS',
      required: [],
      optional: ['region'],
      run: ({ region }) => caBundle(region === undefined ? {} : { region }),
    },
  ],
]);

/** Arguments are wrong; the text says how, after the usage. */
class UsageError extends Error {}

async function main([name, ...words]: string[]): Promise<number> {
  if (name !== undefined && ELSEWHERE.includes(name)) return failed(HOW, 2);
  if (name === '-h' || name === '--help') return printed(help());
  const command = name === undefined ? undefined : COMMANDS.get(name);
  try {
    if (name === undefined) throw new UsageError('the following arguments are required: COMMAND');
    if (command === undefined) throw new UsageError(`argument COMMAND: invalid choice: '${name}'`);
    const given = parsed(command, words);
    return printed(given === undefined ? usage(name) : await command.run(given));
  } catch (error) {
    if (error instanceof RdsIamError) return failed(error.message, 1);
    if (!(error instanceof UsageError)) throw error;
    const known = command === undefined ? undefined : name;
    const program = known === undefined ? PROGRAM : `${PROGRAM} ${known}`;
    process.stderr.write(`${usage(known)}\n${program}: error: ${error.message}\n`);
    return 2;
  }
}

/** The values of the options; nothing if help is asked for. */
function parsed(command: Command, words: string[]): Record<string, string> | undefined {
  const options: ParseArgsConfig['options'] = { help: { type: 'boolean', short: 'h' } };
  for (const option of [...command.required, ...command.optional])
    options[option] = { type: 'string' };
  let values: Record<string, unknown>;
  try {
    ({ values } = parseArgs({ args: words, options }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (values.help === true) return undefined;
  const missing = command.required.filter((option) => values[option] === undefined);
  if (missing.length > 0) {
    const names = missing.map((option) => `--${option}`).join(', ');
    throw new UsageError(`the following arguments are required: ${names}`);
  }
  return values as Record<string, string>;
}

function usage(name?: string): string {
  const command = name === undefined ? undefined : COMMANDS.get(name);
  if (command === undefined) return `usage: ${PROGRAM} [-h] COMMAND ...`;
  const shown = (option: string) => `--${option} ${option.toUpperCase()}`;
  const optional = command.optional.map((option) => `[${shown(option)}]`);
  return ['usage:', PROGRAM, name, '[-h]', ...command.required.map(shown), ...optional].join(' ');
}

function help(): string {
  const lines = [...COMMANDS].map(([name, { help }]) => `  ${name.padEnd(10)}${help}`);
  return `${usage()}\n\n${lines.join('\n')}\n\n${HOW}`;
}

function printed(line: string): number {
  process.stdout.write(`${line}\n`);
  return 0;
}

function failed(reason: string, status: number): number {
  process.stderr.write(`rdsiam: ${reason}\n`);
  return status;
}

// Not `process.exit()`, which would cut off what a pipe has not taken yet.
main(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
});
