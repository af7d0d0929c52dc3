'use strict';

// Verified TLS, which a token may be sent over, and what is refused because it is not.

const fs = require('node:fs');
const tls = require('node:tls');
const { invalid } = require('./errors.js');

const REMEDY = 'a token may only go to a server that was verified; leave ssl out, and give ca';

// The settings of `tls.connect`. The name in the certificate is that of the endpoint that the
// token is signed for, whatever the name or address that is dialled.
function tlsSettings({ ca, ssl, endpoint, region }) {
  const more = extras(ssl);
  const roots = ofRegion(authorities(ca ?? more.ca, region), region);
  return {
    ...more,
    ca: roots,
    rejectUnauthorized: true,
    servername: endpoint,
    checkServerIdentity: (_, certificate) => tls.checkServerIdentity(endpoint, certificate),
  };
}

function isVerified(ssl) {
  return ssl !== null && typeof ssl === 'object' && ssl.rejectUnauthorized !== false;
}

// What a caller may add: client certificates, versions, ciphers.
function extras(ssl) {
  if (ssl === undefined || ssl === true || ssl === 'verify-full') return {};
  if (ssl === null || typeof ssl !== 'object') throw invalid(`ssl is ${what(ssl)}: ${REMEDY}`);
  for (const name of ['rejectUnauthorized', 'verifyIdentity', 'checkServerIdentity']) {
    if (ssl[name] !== undefined && ssl[name] !== true) {
      throw invalid(`ssl.${name} turns verification off: ${REMEDY}`);
    }
  }
  return ssl;
}

function what(ssl) {
  return typeof ssl === 'string' ? 'not "verify-full"' : String(ssl);
}

// `ca` is PEM text, the path of a file, or 'system' for the roots that Node trusts, among them
// those of RDS Proxy.
function authorities(ca, region) {
  if (ca === 'system') return [...tls.rootCertificates, ...extraRoots()];
  if (ca === undefined || ca === null) {
    return read(require('./ca-bundle.js').caBundle({ region }));
  }
  if (typeof ca !== 'string' || ca.includes('-----BEGIN')) return ca;
  return read(ca);
}

// What the variable adds to the roots of Node, which `rootCertificates` leaves out.
function extraRoots() {
  const file = process.env.NODE_EXTRA_CA_CERTS;
  return file ? [read(file)] : [];
}

const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

// Without the roots of RDS for other regions, which are 105 of the 108 in the global bundle.
function ofRegion(ca, region) {
  if (typeof ca !== 'string' || region === undefined) return ca;
  const all = ca.match(PEM) ?? [];
  const kept = all.filter((pem) => !isOfOtherRegion(pem, region));
  return kept.length === all.length || kept.length === 0 ? ca : kept.join('\n');
}

function isOfOtherRegion(pem, region) {
  const { X509Certificate } = require('node:crypto');
  try {
    const { subject } = new X509Certificate(pem);
    return subject.includes('CN=Amazon RDS ') && !subject.includes(` ${region} Root CA `);
  } catch {
    return false;
  }
}

// The last contexts that hold no key of the caller's, by their roots.
const contexts = new Map();
const MOST_CONTEXTS = 8;

// With a context that is made once: for each connection a driver would read all roots again. Only for
// settings that go straight to `tls.connect`: Node crashes if it is given a clone of a context, and
// sequelize, knex and others clone what they are configured with.
function withContext(settings) {
  return Object.assign(copyOf(settings), { secureContext: contextOf(settings) });
}

// With what a pool of pg hides: passwords and keys.
function copyOf(settings) {
  return Object.defineProperties({}, Object.getOwnPropertyDescriptors(settings));
}

// What is no part of a context.
const OF_CONNECTION = ['rejectUnauthorized', 'servername', 'checkServerIdentity'];

function contextOf(settings) {
  if (settings.secureContext !== undefined) return settings.secureContext;
  const { ca } = settings;
  const names = Reflect.ownKeys(settings).filter((name) => !OF_CONNECTION.includes(name));
  const isPlain = names.every((name) => name === 'ca');
  const key = Array.isArray(ca) ? ca.join() : String(ca);
  const known = isPlain ? contexts.get(key) : undefined;
  if (known !== undefined) return known;
  const made = createContext(settings);
  if (isPlain) {
    if (contexts.size >= MOST_CONTEXTS) contexts.delete(contexts.keys().next().value);
    contexts.set(key, made);
  }
  return made;
}

function createContext(settings) {
  try {
    return tls.createSecureContext(settings);
  } catch (error) {
    throw invalid(`ca, or a setting in ssl, cannot be used: ${error.message}`);
  }
}

function read(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw invalid(`ca cannot be read (${error.code}); give the path of a PEM file, or its text`);
  }
}

module.exports = { copyOf, isVerified, tlsSettings, withContext };
