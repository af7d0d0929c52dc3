'use strict';

// A signer on node:crypto alone, as one might write it by hand, with the signing key of the day
// and the encoded session token kept.

const { createHash, createHmac } = require('node:crypto');

const hash = (text) => createHash('sha256').update(text).digest('hex');
const hmac = (key, text) => createHmac('sha256', key).update(text).digest();
const EMPTY = hash('');

function signer({ hostname, port, username, region }, credentials) {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const session = sessionToken ? `&X-Amz-Security-Token=${encodeURIComponent(sessionToken)}` : '';
  const kept = { day: undefined, key: undefined };

  function key(day) {
    if (kept.day !== day) {
      kept.key = [day, region, 'rds-db', 'aws4_request'].reduce(hmac, `AWS4${secretAccessKey}`);
      kept.day = day;
    }
    return kept.key;
  }

  return () => {
    const stamp = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
    const day = stamp.slice(0, 8);
    const scope = `${day}/${region}/rds-db/aws4_request`;
    const query =
      `Action=connect&DBUser=${encodeURIComponent(username)}&X-Amz-Algorithm=AWS4-HMAC-SHA256` +
      `&X-Amz-Credential=${encodeURIComponent(`${accessKeyId}/${scope}`)}&X-Amz-Date=${stamp}` +
      `&X-Amz-Expires=900${session}&X-Amz-SignedHeaders=host`;
    const canonical = `GET\n/\n${query}\nhost:${hostname}:${port}\n\nhost\n${EMPTY}`;
    const toSign = `AWS4-HMAC-SHA256\n${stamp}\n${scope}\n${hash(canonical)}`;
    const signature = hmac(key(day), toSign).toString('hex');
    return `${hostname}:${port}/?${query}&X-Amz-Signature=${signature}`;
  };
}

module.exports = { signer };
