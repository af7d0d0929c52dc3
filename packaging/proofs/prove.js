// Runs in a bare root, with the installed packages: every subpath, every known answer,
// a token, a login.
// `node prove.js VECTORS ADDON` prints what it did as JSON.

const assert = require('node:assert/strict');
const { readFileSync } = require('node:fs');
const { Client } = require('pg');
const { Signer, explain } = require('rdsiam');

const { env, report, versions } = process;
const [, , folder, addon] = process.argv;

function answer(value) {
  assert.equal(value?.code, undefined, value?.message);
  return value;
}

function vectors() {
  const native = require(addon);
  const file = JSON.parse(readFileSync(`${folder}/tokens.json`, 'utf8'));
  let run = 0;
  for (const vector of file.vectors) {
    if (vector.style !== 'js') continue;
    const { host, port, user, region, access_key_id, secret_access_key, session_token } = vector;
    const target = answer(native.createTarget(host, port, user, region ?? undefined));
    const credentials = answer(
      native.createCredentials(access_key_id, secret_access_key, session_token ?? undefined),
    );
    const token = native.signAt(credentials, target, vector.unix_time, vector.expires);
    assert.equal(answer(token), vector.token, vector.id);
    run += 1;
  }
  assert.equal(run, file.count_by_style.js);
  return run;
}

// How many subpaths load; those of a driver that is not here name the driver. Bun finds none by
// NODE_PATH, which is where layers are.
function subpaths() {
  if (versions.bun && env.NODE_PATH !== undefined) return 0;
  const paths = Object.keys(require('rdsiam/package.json').exports);
  return paths.filter((path) => {
    try {
      require(`rdsiam${path.slice(1)}`);
      return true;
    } catch (error) {
      const missing = /Cannot find (?:module|package) '([^']+)'/.exec(error.message)?.[1];
      assert.match(missing ?? error.stack, /^(?!rdsiam)@?[a-z]/, path);
      return false;
    }
  }).length;
}

async function login() {
  const endpoint = { hostname: env.STANDIN_HOST, port: Number(env.STANDIN_PORT) };
  const password = await new Signer({ ...endpoint, username: env.STANDIN_USER }).getAuthToken();
  assert.equal(explain(password).user, env.STANDIN_USER);
  const client = new Client({
    host: endpoint.hostname,
    port: endpoint.port,
    user: env.STANDIN_USER,
    database: env.STANDIN_DB,
    password,
    ssl: { ca: readFileSync(env.STANDIN_CA, 'utf8') },
  });
  await client.connect();
  const { rows } = await client.query('SELECT current_user AS name');
  await client.end();
  assert.equal(rows[0].name, env.STANDIN_USER);
  return rows[0].name;
}

function libc() {
  const { glibcVersionRuntime } = report.getReport().header;
  return glibcVersionRuntime ? `glibc ${glibcVersionRuntime}` : 'musl';
}

async function main() {
  assert.equal(require('rdsiam/package.json').version, env.RDSIAM_VERSION);
  // ES modules find the same; those of Node do not look where Lambda puts layers.
  if (env.NODE_PATH === undefined) assert.equal((await import('rdsiam')).Signer, Signer);
  const facts = {
    runtime: versions.bun ? `Bun ${versions.bun}` : `Node ${process.version}`,
    libc: libc(),
    machine: process.arch,
    subpaths: subpaths(),
    vectors: vectors(),
    login: await login(),
  };
  process.stdout.write(JSON.stringify(facts));
}

main();
