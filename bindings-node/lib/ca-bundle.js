'use strict';

// The roots that sign the certificates of RDS. No copy of them is shipped: it would go stale
// in silence. So a file of the user's is looked for, and judged.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { invalid } = require('./errors.js');
const { options: optionsOf, optionalText } = require('./arguments.js');

const VARIABLE = 'RDSIAM_CA_BUNDLE';
const REMEDY =
  'download https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem and set ' +
  `${VARIABLE} to its path`;
const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
const ROOT = /^CN=Amazon RDS (?:(\S+) )?Root\b.*\bCA\b/m;

function places() {
  return [
    'global-bundle.pem',
    '/etc/ssl/rds/global-bundle.pem',
    '/opt/rds/global-bundle.pem',
    path.join(os.homedir(), '.postgresql', 'root.crt'),
  ];
}

// The path of the first file that there is. One that there is and does not serve is an error,
// like the one that the variable names: a search that went on would hide it.
function caBundle(options = {}) {
  const region = optionalText('region', optionsOf(options, 'the argument of caBundle').region);
  const named = process.env[VARIABLE];
  const file = named || places().find((place) => fs.existsSync(place));
  if (file === undefined) {
    throw invalid(`no file with the root certificates of RDS was found: ${REMEDY}`);
  }
  const problem = problemOf(file, region);
  if (problem !== undefined) throw invalid(`${file} ${problem}: ${REMEDY}`);
  return path.resolve(file);
}

function problemOf(file, region) {
  let text;
  try {
    text = fs.readFileSync(file, 'latin1');
  } catch (error) {
    return `cannot be read (${error.code})`;
  }
  const roots = rootsIn(text);
  if (roots.length === 0) return 'holds no root certificate of RDS';
  const here = region === undefined ? roots : roots.filter((root) => root.region === region);
  if (here.length === 0) return `holds no root certificate of RDS for ${region}`;
  const now = Date.now();
  if (!here.some(({ from, until }) => from <= now && now < until)) {
    return `holds only expired root certificates of RDS${region === undefined ? '' : ` for ${region}`}`;
  }
  return undefined;
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

module.exports = { caBundle };
