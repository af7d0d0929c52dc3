'use strict';

// Where the roots that sign the certificates of RDS are, and whether they will do. No copy of
// them is shipped: it would go stale in silence. tests/ca has the rule, which Python has too.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { invalid } = require('./errors.js');
const { options: optionsOf, optionalText } = require('./arguments.js');

const VARIABLE = 'RDSIAM_CA_BUNDLE';
const DOWNLOAD = 'https://truststore.pki.rds.amazonaws.com';
const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
const ROOT = /^CN=Amazon RDS (?:(?:Beta|Preview) )?([a-z0-9-]+) Root CA \w+ G\d+$/m;
// Only an administrator, or who deploys, can put a file there. A name that ends in / is a folder;
// the last two are the layers and the task of a Lambda.
const TRUSTED = [
  '/etc/ssl/rds/',
  '/etc/ssl/certs/',
  '/usr/local/share/ca-certificates/',
  '/etc/pki/ca-trust/source/anchors/',
  '/opt/',
  '/var/task/',
];
// Others may have put a file there: all that it holds has to be published by RDS.
const OPEN = ['~/.postgresql/root.crt', './'];

// The path of the first file with roots of RDS that serve, for a region if one is given.
function caBundle(options = {}) {
  const region = optionalText('region', optionsOf(options, 'the argument of caBundle').region);
  const named = process.env[VARIABLE];
  const why = [];
  const files = named ? [{ file: absolute(named), trusted: true }] : candidates(region);
  for (const { file, trusted } of files) {
    const problem = problemOf(file, region, trusted);
    if (problem === undefined) return file;
    if (named || fs.existsSync(file)) why.push(`${file} ${problem}`);
  }
  const found = why.join('; ') || 'none was found in the usual places';
  throw invalid(
    `no certificates of RDS: ${found}. Download ${urlFor(region)}, and set ${VARIABLE} or give ` +
      "ca with its path (for RDS Proxy, whose certificates are Amazon's own, ca may be system)",
  );
}

// By how far they are trusted.
function candidates(region) {
  const names = ['global-bundle.pem', ...(region === undefined ? [] : [`${region}-bundle.pem`])];
  return [TRUSTED, OPEN].flatMap((places) =>
    places.flatMap((place) => {
      const from = place.replace(/^~/, () => os.homedir());
      return (place.endsWith('/') ? names : ['']).map((name) => ({
        file: absolute(from + name),
        trusted: places === TRUSTED,
      }));
    }),
  );
}

function absolute(file) {
  try {
    return path.resolve(file);
  } catch {
    return file; // the working folder is deleted, and nothing is found in it
  }
}

function urlFor(region) {
  if (region?.startsWith('cn-')) {
    return `https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/${region}/${region}-bundle.pem`;
  }
  if (region?.startsWith('us-gov-')) {
    return `https://truststore.pki.${region}.rds.amazonaws.com/${region}/${region}-bundle.pem`;
  }
  const own = region === undefined ? '' : ` or ${DOWNLOAD}/${region}/${region}-bundle.pem`;
  return `${DOWNLOAD}/global/global-bundle.pem${own}`;
}

function problemOf(file, region, trusted) {
  let text;
  try {
    text = fs.readFileSync(file, 'latin1');
  } catch (error) {
    return `cannot be read (${error.code})`;
  }
  const certificates = certificatesIn(text);
  const roots = certificates.filter((one) => one.region !== undefined);
  if (roots.length === 0) return 'has no root certificate of RDS';
  if (!trusted && !certificates.every((one) => one.published)) {
    return (
      'has a certificate that is not known as one of RDS, and others may have put it there; ' +
      `if it is right, set ${VARIABLE} to the file`
    );
  }
  const now = Date.now();
  const alive = roots.filter(({ from, until }) => from <= now && now < until);
  if (alive.length === 0) return 'has only root certificates of RDS that are out of date';
  const isHere = (root) => region === undefined || root.region === region;
  if (alive.some(isHere)) return undefined;
  return `has ${roots.some(isHere) ? 'only out of date roots' : 'no root'} of RDS for ${region}`;
}

// Each authority in the file, with the region of those that are roots of RDS.
function certificatesIn(text) {
  const { X509Certificate } = require('node:crypto');
  const known = publishedByRds();
  const found = [];
  for (const [pem] of text.matchAll(PEM)) {
    let certificate;
    try {
      certificate = new X509Certificate(pem);
    } catch {
      continue;
    }
    if (!certificate.ca) continue;
    const fingerprint = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
    const [from, until] = [certificate.validFrom, certificate.validTo].map((day) =>
      Date.parse(day),
    );
    const region = known.get(fingerprint) ?? ROOT.exec(certificate.subject)?.[1];
    found.push({ region, published: known.has(fingerprint), from, until });
  }
  return found;
}

// The fingerprints of what RDS has published, with the region of each root.
function publishedByRds() {
  const { roots, others } = require('./rds-roots.json');
  const known = new Map(others.map((fingerprint) => [fingerprint, undefined]));
  for (const [region, fingerprints] of Object.entries(roots)) {
    for (const fingerprint of fingerprints) known.set(fingerprint, region);
  }
  return known;
}

module.exports = { OPEN, TRUSTED, caBundle };
