// The other ways to say where a connection goes: a connection string, and the variables of libpq. They
// become options of the same names.

import fs = require('node:fs');

import { invalid } from './errors.js';

export type Given = Record<string, unknown>;

/** What a helper knows of its driver. */
export interface Kind {
  /** The driver's option for the user. */
  userKey?: 'user' | 'username';
  /** The driver's default. */
  port: number;
}

const POSTGRES = 5432;
const STRINGS = ['connectionString', 'uri', 'url'];
// What a connection string may ask of TLS; a helper verifies in any case.
const MODES = ['require', 'verify-ca', 'verify-full', 'verify_ca', 'verify_identity', 'required'];

// The options, with what a connection string and the environment say. As in pg, the string goes before the
// other options; as in mysql2, after them.
export function withPlace(options: Given, { userKey = 'user', port }: Kind): Given {
  const isPostgres = port === POSTGRES;
  const rest = { ...options };
  let found: Given = {};
  for (const name of STRINGS) {
    if (rest[name] !== undefined && rest[name] !== null) found = parse(name, rest[name], userKey);
    delete rest[name];
  }
  const both = isPostgres ? { ...rest, ...found } : { ...found, ...known(rest) };
  return isPostgres ? { ...variables(userKey), ...known(both) } : both;
}

function known(options: Given): Given {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

// Those that libpq, pg and postgres.js read. The rest of them is read by the drivers.
function variables(userKey: string): Given {
  const { PGHOST, PGPORT, PGUSER, PGDATABASE, PGSSLROOTCERT } = process.env;
  return known({
    host: PGHOST || undefined,
    port: PGPORT || undefined,
    [userKey]: PGUSER || undefined,
    database: PGDATABASE || undefined,
    ca: PGSSLROOTCERT || undefined,
  });
}

function parse(name: string, value: unknown, userKey: string): Given {
  const url = urlOf(name, value);
  const {
    sslmode,
    'ssl-mode': mode = sslmode,
    ssl,
    sslrootcert,
    sslcert,
    sslkey,
    ...more
  } = Object.fromEntries(url.searchParams);
  if (mode !== undefined && !MODES.includes(mode.toLowerCase())) {
    throw invalid(
      `${name} asks for the sslmode ${mode}: a token may only go to a server that was verified; leave it out`,
    );
  }
  if (ssl !== undefined && !['true', '1', 'require', 'verify-full'].includes(ssl)) {
    throw invalid(`ssl in ${name} turns TLS off: leave it out`);
  }
  const files = known({ cert: sslcert && read(sslcert), key: sslkey && read(sslkey) });
  return known({
    ...more,
    host: url.hostname.replace(/^\[|\]$/g, '') || more.host,
    port: url.port || more.port,
    [userKey]: decode(url.username) || undefined,
    password: decode(url.password) || undefined,
    database: decode(url.pathname.slice(1)) || undefined,
    ca: sslrootcert,
    ssl: Object.keys(files).length > 0 ? files : undefined,
  });
}

function urlOf(name: string, value: unknown): URL {
  try {
    return new URL(String(value));
  } catch {
    // Its text may have a password in it.
    throw invalid(`${name} is no URL, such as postgres://app@host:5432/database`);
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid('the connection string has a percent sign that encodes nothing; write it as %25');
  }
}

function read(file: string): string {
  return fs.readFileSync(file, 'utf8');
}
