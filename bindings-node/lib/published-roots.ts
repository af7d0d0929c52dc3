// The fingerprints of what RDS has published, with the region of each root.

import data = require('./rds-roots.json');

export function published(): Map<string, string | undefined> {
  const known = new Map<string, string | undefined>();
  for (const fingerprint of data.others) known.set(fingerprint, undefined);
  for (const [region, fingerprints] of Object.entries(data.roots)) {
    for (const fingerprint of fingerprints) known.set(fingerprint, region);
  }
  return known;
}
