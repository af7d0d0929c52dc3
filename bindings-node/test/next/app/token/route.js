import { Signer, TokenCache } from 'rdsiam';
import { Pool } from 'rdsiam/pg';

// At the request, not at the build.
export const dynamic = 'force-dynamic';

export async function GET() {
  const { login, ca } = JSON.parse(process.env.RDSIAM_TEST);
  const { hostname: host, credentials } = login;
  const pool = new Pool({ host, user: 'app', credentials, ca });
  const token = await new Signer(login).getAuthToken();
  const isSame = new TokenCache(login).getTokenSync().length === token.length;
  return new Response(`${token.split('?')[0]} ${isSame} ${typeof pool.query}`);
}
