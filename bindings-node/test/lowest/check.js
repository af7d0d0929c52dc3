// Each driver logs in to the stand-in, and once more after a refusal, with the lowest version that
// package.json allows. Run by lowest.sh, in a copy of the package that has these versions.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { DRIVERS } = require('../drivers.js');
const { introduce } = require('../emulated.js');
const { sleep } = require('../support.js');
const { TokenCache } = require('../..');
const { peerDependencies } = require('../../package.json');

const standin = (name) => process.env[`STANDIN_${name}`];

test('what is installed is the lowest that package.json allows', () => {
  for (const [name, range] of Object.entries(peerDependencies)) {
    const { version } = require(`../../node_modules/${name}/package.json`);
    assert.equal(version, /^>=(\S+)/.exec(range)[1], name);
  }
});

// Those that take a pool of another are not here.
for (const { name, server, open } of DRIVERS.filter((d) => !/drizzle|kysely|prisma/.test(d.name))) {
  test(name, { timeout: 30_000 }, async () => {
    const prefix = server === 'mariadb' ? 'MARIADB_' : '';
    const port = Number(standin(`${prefix}PORT`));
    const signHost = standin(`${prefix}HOST`);
    const accessKeyId = `AKIDLOWEST${name.replace(/\W/g, '').toUpperCase()}`;
    let keys = { accessKeyId, secretAccessKey: 'OLD' };
    const rotate = (secret) => {
      keys = { accessKeyId, secretAccessKey: secret };
      introduce({ [accessKeyId]: { secret, session_token: null } });
    };
    const login = { hostname: signHost, port, username: standin('USER') };
    // Its token is refused, and the next one is not.
    const cache = new TokenCache({ ...login, credentials: async () => keys });
    await cache.getToken();
    rotate('NEW');
    await sleep(1100);
    const opened = await open({
      host: standin('HOSTADDR'),
      port,
      signHost,
      user: standin('USER'),
      database: standin('DB'),
      ca: standin('CA'),
      cache,
    });
    try {
      assert.equal((await opened.ask()).name, standin('USER'));
      assert.ok(cache.stats().invalidations > 0);
    } finally {
      await opened.close();
    }
  });
}
