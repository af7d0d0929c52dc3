// A token in the two shapes that texts on the subject show.
//
// DB_HOST=... DB_PORT=5432 DB_USER=app node tokens.js
'use strict';

// In place of @aws-sdk/rds-signer, and of a command that @aws-sdk/client-rds does not have.
const { GenerateDBAuthTokenCommand, RDSClient, Signer, explain } = require('rdsiam');

const { DB_HOST, DB_PORT, DB_USER } = process.env;

async function main() {
  const client = new RDSClient({});
  const input = { DBHostname: DB_HOST, Port: Number(DB_PORT), DBUser: DB_USER };
  const token = await client.send(new GenerateDBAuthTokenCommand(input));
  console.log(String(explain(token)));

  const signer = new Signer({ hostname: DB_HOST, port: Number(DB_PORT), username: DB_USER });
  console.log('the signer agrees on the user:', explain(await signer.getAuthToken()).user);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
