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
// The task of a Lambda and its layers among them; a name that ends in / is a folder.
const PLACES = [
  './',
  '/var/task/',
  '/opt/',
  '/etc/ssl/rds/',
  '/etc/ssl/certs/',
  '/usr/local/share/ca-certificates/',
  '/etc/pki/ca-trust/source/anchors/',
  '~/.postgresql/root.crt',
];

// The path of the first file with roots of RDS that serve, for a region if one is given.
function caBundle(options = {}) {
  const region = optionalText('region', optionsOf(options, 'the argument of caBundle').region);
  const named = process.env[VARIABLE];
  const why = [];
  for (const file of named ? [path.resolve(named)] : candidates(region)) {
    const problem = problemOf(file, region);
    if (problem === undefined) return file;
    if (named || fs.existsSync(file)) why.push(`${file} ${problem}`);
  }
  const found = why.join('; ') || 'none was found in the usual places';
  throw invalid(
    `no certificates of RDS: ${found}. Download ${urlFor(region)}, and set ${VARIABLE} or give ` +
      "ca with its path (for RDS Proxy, whose certificates are Amazon's own, a file with " +
      'https://www.amazontrust.com/repository/AmazonRootCA1.pem)',
  );
}

function candidates(region) {
  const names = ['global-bundle.pem', ...(region === undefined ? [] : [`${region}-bundle.pem`])];
  return PLACES.flatMap((place) => {
    const from = place.replace(/^~/, () => os.homedir());
    return place.endsWith('/') ? names.map((name) => path.resolve(from, name)) : [from];
  });
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

function problemOf(file, region) {
  let text;
  try {
    text = fs.readFileSync(file, 'latin1');
  } catch (error) {
    return `cannot be read (${error.code})`;
  }
  const roots = rootsIn(text);
  if (roots.length === 0) return 'has no root certificate of RDS';
  const now = Date.now();
  const alive = roots.filter(({ from, until }) => from <= now && now < until);
  if (alive.length === 0) return 'has only root certificates of RDS that are out of date';
  const isHere = (root) => region === undefined || root.region === region;
  if (alive.some(isHere)) return undefined;
  return `has ${roots.some(isHere) ? 'only out of date roots' : 'no root'} of RDS for ${region}`;
}

function rootsIn(text) {
  const { X509Certificate } = require('node:crypto');
  const roots = [];
  for (const [pem] of text.matchAll(PEM)) {
    let certificate;
    try {
      certificate = new X509Certificate(pem);
    } catch {
      continue;
    }
    const name = ROOT.exec(certificate.subject);
    if (name === null || !certificate.ca) continue;
    const [from, until] = [certificate.validFrom, certificate.validTo].map((day) =>
      Date.parse(day),
    );
    roots.push({ region: name[1], from, until });
  }
  return roots;
}

module.exports = { PLACES, caBundle };
