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
  return {
    ...more,
    ca: authorities(ca ?? more.ca, region),
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
  if (ca === 'system') return [...tls.rootCertificates];
  if (ca === undefined || ca === null) {
    return read(require('./ca-bundle.js').caBundle({ region }));
  }
  if (typeof ca !== 'string' || ca.includes('-----BEGIN')) return ca;
  return read(ca);
}

function read(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw invalid(`ca cannot be read (${error.code}); give the path of a PEM file, or its text`);
  }
}

module.exports = { isVerified, tlsSettings };
