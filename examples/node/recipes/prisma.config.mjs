// npx prisma migrate deploy. Prisma reads this file at each start, so the token is a new one.

import { defineConfig } from 'prisma/config';
import { caBundle, TokenCache, urlQuote } from 'rdsiam';
import options from './options.js';

const { host, port, user, database, ca = caBundle() } = options;
const cache = new TokenCache({ hostname: host, port, username: user });
const login = `${encodeURIComponent(user)}:${urlQuote(await cache.getToken())}`;
// Prisma's engine takes any certificate unless it is told not to, and has names of its own for that.
const tls = new URLSearchParams({ sslmode: 'require', sslaccept: 'strict', sslcert: ca });

export default defineConfig({
  schema: 'schema.prisma',
  datasource: { url: `postgresql://${login}@${host}:${port}/${database}?${tls}` },
});
