// Where the roots that sign the certificates of RDS are, and whether they will do. No copy of
// them is shipped: it would go stale in silence. tests/ca has the rule, which Python has too.

import { X509Certificate } from 'node:crypto';

import fs = require('node:fs');
import os = require('node:os');
import path = require('node:path');
import data = require('./rds-roots.json');

import { invalid } from './errors.js';
import { optionalText, options as optionsOf } from './internal.js';

export interface CaBundleOptions {
  region?: string | undefined;
}

interface Candidate {
  file: string;
  trusted: boolean;
}

interface Certificate {
  region: string | undefined;
  published: boolean;
  from: number;
  until: number;
}

const VARIABLE = 'RDSIAM_CA_BUNDLE';
const DOWNLOAD = 'https://truststore.pki.rds.amazonaws.com';
const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
const ROOT = /^CN=Amazon RDS (?:(?:Beta|Preview) )?([a-z0-9-]+) Root CA \w+ G\d+$/m;
// Where to look; Python and the command read the same file.
export const TRUSTED = data.trusted;
const OPEN = data.open;

/**
 * The path of a file with the root certificates of RDS: the one that the variable
 * `RDSIAM_CA_BUNDLE` names, or the first that serves of `global-bundle.pem` (or the region's) in
 * `/etc/ssl/rds` and other folders of the system and of a Lambda, `~/.postgresql/root.crt`, and the
 * working directory. It has to hold a root that is valid now, for the region if one is given; in the
 * last two places all that it holds has to be known as published by RDS.
 * @throws {RdsIamError} with `ERR_RDSIAM_INVALID_ARGUMENT`, what was found and what to download
 */
export function caBundle(options: CaBundleOptions = {}): string {
  const region = optionalText('region', optionsOf(options, 'the argument of caBundle').region);
  const named = process.env[VARIABLE];
  const why: string[] = [];
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
function candidates(region: string | undefined): Candidate[] {
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

function absolute(file: string): string {
  try {
    return path.resolve(file);
  } catch {
    return file; // the working folder is deleted, and nothing is found in it
  }
}

function urlFor(region: string | undefined): string {
  if (region?.startsWith('cn-')) {
    return `https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/${region}/${region}-bundle.pem`;
  }
  if (region?.startsWith('us-gov-')) {
    return `https://truststore.pki.${region}.rds.amazonaws.com/${region}/${region}-bundle.pem`;
  }
  const own = region === undefined ? '' : ` or ${DOWNLOAD}/${region}/${region}-bundle.pem`;
  return `${DOWNLOAD}/global/global-bundle.pem${own}`;
}

function problemOf(file: string, region: string | undefined, trusted: boolean): string | undefined {
  let text: string;
  try {
    text = fs.readFileSync(file, 'latin1');
  } catch (error) {
    return `cannot be read (${(error as NodeJS.ErrnoException).code})`;
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
  const isHere = (root: Certificate) => region === undefined || root.region === region;
  if (alive.some(isHere)) return undefined;
  return `has ${roots.some(isHere) ? 'only out of date roots' : 'no root'} of RDS for ${region}`;
}

// Each authority in the file, with the region of those that are roots of RDS.
function certificatesIn(text: string): Certificate[] {
  const known = published();
  const found: Certificate[] = [];
  for (const [pem] of text.matchAll(PEM)) {
    let certificate: X509Certificate;
    try {
      certificate = new X509Certificate(pem);
    } catch {
      continue;
    }
    if (!certificate.ca) continue;
    const fingerprint = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
    const [from, until] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
    const region = known.get(fingerprint) ?? ROOT.exec(certificate.subject)?.[1];
    found.push({ region, published: known.has(fingerprint), from, until });
  }
  return found;
}

// The fingerprints of what RDS has published, with the region of each root.
function published(): Map<string, string | undefined> {
  const known = new Map<string, string | undefined>();
  for (const fingerprint of data.others) known.set(fingerprint, undefined);
  for (const [region, fingerprints] of Object.entries(data.roots)) {
    for (const fingerprint of fingerprints) known.set(fingerprint, region);
  }
  return known;
}
