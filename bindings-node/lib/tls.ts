// Verified TLS, which a token may be sent over, and what is refused because it is not.

import { X509Certificate } from 'node:crypto';

import fs = require('node:fs');
import tls = require('node:tls');

import { caBundle } from './ca-bundle.js';
import { INVALID_ARGUMENT, invalid, RdsIamError } from './errors.js';
import type { LoginOptions } from './login-options.js';

type Authorities = NonNullable<LoginOptions['ca']>;

/** What a driver is given as `ssl`. */
export interface TlsSettings extends tls.ConnectionOptions {
  ca: string | Buffer | (string | Buffer)[];
  rejectUnauthorized: true;
  servername: string;
}

interface Wanted {
  ca: LoginOptions['ca'];
  ssl: unknown;
  endpoint: string;
  region: string | undefined;
}

const REMEDY = 'a token may only go to a server that was verified; leave ssl out, and give ca';

// The settings of `tls.connect`. The name in the certificate is that of the endpoint that the
// token is signed for, whatever the name or address that is dialled.
export function tlsSettings({ ca, ssl, endpoint, region }: Wanted): TlsSettings {
  const more = extras(ssl);
  const roots = ofRegion(authorities(ca ?? (more.ca as Authorities | undefined), region), region);
  return {
    ...more,
    ca: roots as TlsSettings['ca'],
    rejectUnauthorized: true,
    servername: endpoint,
    checkServerIdentity: (_, certificate) => tls.checkServerIdentity(endpoint, certificate),
  };
}

export function isVerified(ssl: unknown): ssl is tls.ConnectionOptions {
  if (ssl === null || typeof ssl !== 'object') return false;
  return (ssl as tls.ConnectionOptions).rejectUnauthorized !== false;
}

// Words that ask for TLS; with a token the server is verified in any case.
const STRICT = ['verify-full', 'verify-ca', 'require'];

// What a caller may add: client certificates, versions, ciphers.
function extras(ssl: unknown): tls.ConnectionOptions {
  if (ssl === undefined || ssl === true || STRICT.includes(ssl as string)) return {};
  if (ssl === null || typeof ssl !== 'object') throw invalid(`ssl is ${what(ssl)}: ${REMEDY}`);
  for (const name of ['rejectUnauthorized', 'verifyIdentity', 'checkServerIdentity']) {
    const given = (ssl as Record<string, unknown>)[name];
    if (given !== undefined && given !== true) {
      throw invalid(`ssl.${name} turns verification off: ${REMEDY}`);
    }
  }
  return ssl;
}

function what(ssl: unknown): string {
  return typeof ssl === 'string' ? 'not "verify-full"' : String(ssl);
}

// `ca` is PEM text, the path of a file, or 'system' for the roots that Node trusts, among them
// those of RDS Proxy.
function authorities(ca: Authorities | undefined, region: string | undefined): Authorities {
  if (ca === 'system') return [...tls.rootCertificates, ...extraRoots()];
  if (ca === undefined || ca === null) {
    return read(caBundle({ region }));
  }
  if (typeof ca !== 'string' || ca.includes('-----BEGIN')) return ca;
  return read(ca);
}

// What the variable adds to the roots of Node, which `rootCertificates` leaves out.
function extraRoots(): string[] {
  const file = process.env.NODE_EXTRA_CA_CERTS;
  return file ? [read(file)] : [];
}

const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

// Without the roots of RDS for other regions, which are 105 of the 108 in the global bundle.
function ofRegion(ca: Authorities, region: string | undefined): Authorities {
  if (region === undefined) return ca;
  const text = Array.isArray(ca) && ca.every((one) => typeof one === 'string') ? ca.join('\n') : ca;
  if (typeof text !== 'string') return ca;
  const all = text.match(PEM) ?? [];
  const kept = all.filter((pem) => !isOfOtherRegion(pem, region));
  return kept.length === all.length || kept.length === 0 ? ca : kept.join('\n');
}

function isOfOtherRegion(pem: string, region: string): boolean {
  try {
    const { subject } = new X509Certificate(pem);
    return subject.includes('CN=Amazon RDS ') && !subject.includes(` ${region} Root CA `);
  } catch {
    return false;
  }
}

// The last contexts that hold no key of the caller's, by their roots.
const contexts = new Map<string, tls.SecureContext>();
const MOST_CONTEXTS = 8;

// With a context that is made once: for each connection a driver would read all roots again. Only for
// settings that go straight to `tls.connect`: Node crashes if it is given a clone of a context, and
// sequelize, knex and others clone what they are configured with.
export function withContext(settings: TlsSettings): TlsSettings & tls.ConnectionOptions {
  return Object.assign(copyOf(settings), { secureContext: contextOf(settings) });
}

// With what a pool of pg hides: passwords and keys.
export function copyOf<T extends object>(settings: T): T {
  return Object.defineProperties({}, Object.getOwnPropertyDescriptors(settings)) as T;
}

// What is no part of a context.
const OF_CONNECTION = ['rejectUnauthorized', 'servername', 'checkServerIdentity'];

function contextOf(settings: TlsSettings): tls.SecureContext {
  if (settings.secureContext !== undefined) return settings.secureContext;
  const { ca } = settings;
  const names = Reflect.ownKeys(settings).filter((name) => !OF_CONNECTION.includes(String(name)));
  const isPlain = names.every((name) => name === 'ca');
  const key = Array.isArray(ca) ? ca.join() : String(ca);
  const known = isPlain ? contexts.get(key) : undefined;
  if (known !== undefined) return known;
  const made = tls.createSecureContext(settings);
  if (isPlain) {
    if (contexts.size >= MOST_CONTEXTS) contexts.delete(contexts.keys().next().value as string);
    contexts.set(key, made);
  }
  return made;
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const message = `ca cannot be read (${code}); give the path of a PEM file, or its text`;
    throw new RdsIamError(INVALID_ARGUMENT, message, { cause: error });
  }
}
