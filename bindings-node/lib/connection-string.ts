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
  /** What the driver makes of the query of a connection string, where that is not options of the same names. */
  query?: (query: Record<string, string>) => Given;
  /** What it makes of settings that no other driver has. */
  prepare?: (options: Given) => Given;
}

const POSTGRES = 5432;
const STRINGS = ['connectionString', 'uri', 'url'];
// What a connection string may ask of TLS; a helper verifies in any case.
const MODES = ['require', 'verify-ca', 'verify-full', 'verify_ca', 'verify_identity', 'required'];

// The options, with what a connection string and the environment say. As in pg, the string goes before the
// other options; as in mysql2, after them.
export function withPlace(options: Given, kind: Kind): Given {
  const { userKey = 'user', port, prepare = (given) => given } = kind;
  const isPostgres = port === POSTGRES;
  const rest = { ...options };
  let found: Given = {};
  for (const name of STRINGS) {
    if (rest[name] !== undefined && rest[name] !== null) found = parse(name, rest[name], kind);
    delete rest[name];
  }
  const both = prepare(isPostgres ? { ...rest, ...found } : { ...found, ...known(rest) });
  if (!isPostgres) return both;
  const { ca, ...place } = variables(userKey);
  // Roots that were given go before those of the environment, by either name.
  const hasRoots = (both.ssl as { ca?: unknown } | null | undefined)?.ca !== undefined;
  return { ...place, ...(hasRoots ? {} : { ca }), ...known(both) };
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

function parse(name: string, value: unknown, kind: Kind): Given {
  const { userKey = 'user', port, query = (given) => given } = kind;
  const url = urlOf(name, value);
  const {
    sslmode,
    'ssl-mode': mode = sslmode,
    ssl,
    sslrootcert,
    sslcert,
    sslkey,
    host,
    port: second,
    user,
    password,
    database: _,
    ...more
  } = Object.fromEntries(url.searchParams);
  if (mode !== undefined && !MODES.includes(mode.toLowerCase())) {
    throw invalid(
      `${name} asks for the sslmode ${mode}: a token may only go to a server that was verified; leave it out`,
    );
  }
  const files = known({ cert: sslcert && read(sslcert), key: sslkey && read(sslkey) });
  // Drivers of PostgreSQL take the place from the query too.
  const place = port === POSTGRES ? { host, port: second, user } : {};
  return known({
    ...query(more),
    host: place.host || url.hostname.replace(/^\[|\]$/g, '') || undefined,
    port: place.port || url.port || undefined,
    [userKey]: place.user || decode(url.username) || undefined,
    password: password || decode(url.password) || undefined,
    database: decode(url.pathname.slice(1)) || undefined,
    ca: sslrootcert,
    ssl: Object.keys(files).length > 0 ? files : tlsIn(name, ssl),
  });
}

// The setting of TLS: a word, or for drivers of MySQL an object as JSON.
function tlsIn(name: string, ssl: string | undefined): unknown {
  if (ssl === undefined || ssl === '1') return undefined;
  const value = fromJson(ssl);
  if (value === false || value === 0 || value === '' || value === 'no-verify') {
    throw invalid(`ssl in ${name} turns TLS or its verification off: leave it out`);
  }
  return value;
}

/** As drivers of MySQL read the values of a query. */
export function jsonQuery(query: Record<string, string>): Given {
  return Object.fromEntries(Object.entries(query).map(([name, text]) => [name, fromJson(text)]));
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
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
