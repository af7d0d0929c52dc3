'use strict';

// A program with a token and a helper, bundled by what people use and run away from the package. Where a
// bundler needs a setting, it fails without: that is tried too.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { ADDON, install } = require('./installed.js');
const { BUNDLED } = require('./drivers.js');
const { KEYS, LOGIN, PACKAGE, run, temporary } = require('./support.js');

const CA = require('node:tls').rootCertificates[0];
const BODY = `
const login = ${JSON.stringify({ ...LOGIN, credentials: KEYS })};
const ca = ${JSON.stringify(CA)};
const pool = new Pool({ host: login.hostname, user: 'app', credentials: login.credentials, ca });
new Signer(login).getAuthToken().then((token) => {
  const same = new TokenCache(login).getTokenSync().length === token.length;
  process.stdout.write(\`\${token.split('?')[0]} \${same} \${typeof pool.query}\`);
});
`;
const PROGRAMS = {
  'in.js': `const { Signer, TokenCache } = require('rdsiam');
    const { Pool } = require('rdsiam/pg');${BODY}`,
  'in.mjs': `import { Signer, TokenCache } from 'rdsiam';
    import { Pool } from 'rdsiam/pg';${BODY}`,
};

function project(t) {
  const folder = temporary(t);
  install(path.join(folder, 'node_modules'));
  for (const [name, text] of Object.entries(PROGRAMS)) {
    fs.writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

const EXPECTED = `${LOGIN.hostname}:5432/ true function`;

function assertRuns(file) {
  const { stdout, stderr } = run([file], { cwd: '/' });
  assert.equal(stdout, EXPECTED, stderr);
}

// Away from all modules.
function assertRunsAlone(t, folder, out, file) {
  const away = temporary(t);
  fs.cpSync(path.join(folder, out), away, { recursive: true });
  assertRuns(path.join(away, file));
}

test('as npm installs it, the addon of the platform is found at once', (t) => {
  const folder = project(t);
  for (const name of Object.keys(PROGRAMS)) assertRuns(path.join(folder, name));
  const list = "require('rdsiam'); console.log(Object.keys(require.cache).join())";
  const { stdout } = run(['-e', list], { cwd: folder });
  const modules = path.join(fs.realpathSync(folder), 'node_modules');
  const addon = path.join(modules, '@rdsiam', 'linux-x64-gnu', ADDON);
  assert.equal(stdout.trim(), `${path.join(modules, 'rdsiam', 'dist', 'index.js')},${addon}`);
});

test('an addon of another version is refused in one sentence', (t) => {
  const folder = project(t);
  const file = path.join(folder, 'node_modules', 'rdsiam', 'dist', 'index.js');
  const text = fs.readFileSync(file, 'utf8');
  const { version } = JSON.parse(fs.readFileSync(path.join(PACKAGE, 'package.json'), 'utf8'));
  fs.writeFileSync(file, text.replaceAll(`"${version}"`, '"9.9.9"'));
  const { stderr } = run([path.join(folder, 'in.js')]);
  assert.match(stderr, /no native part of rdsiam .* of version \S+, not 9\.9\.9/);
  assert.ok(stderr.includes(`of version ${version}, not`));
});

const ESBUILD = path.join(PACKAGE, 'node_modules', '.bin', 'esbuild');
const REQUIRE = 'const require = createRequire(import.meta.url);';
const BANNER = `--banner:js=import { createRequire } from 'node:module'; ${REQUIRE}`;
const COPY = '--loader:.node=copy';
// The command lines that `sam build` and the NodejsFunction of CDK make by themselves.
const SAM = ['--minify', '--target=es2020', '--format=cjs', '--main-fields=main,module'];
const CDK = ['--target=node20', '--external:@aws-sdk/*', '--external:@smithy/*'];

for (const [name, entry, out, defaults, setting] of [
  ['esbuild, CommonJS', 'in.js', 'out.js', ['--format=cjs'], [COPY]],
  ['esbuild, CommonJS from an ES module', 'in.mjs', 'out.js', ['--format=cjs'], [COPY]],
  ['esbuild, ES modules', 'in.mjs', 'out.mjs', ['--format=esm'], [COPY, BANNER]],
  ['esbuild, ES modules from CommonJS', 'in.js', 'out.mjs', ['--format=esm'], [COPY, BANNER]],
  ['SAM', 'in.js', 'out.js', SAM, [COPY]],
  ['CDK', 'in.mjs', 'out.js', CDK, [COPY]],
]) {
  test(`${name}: runs alone with the loader for .node`, (t) => {
    const folder = project(t);
    const args = ['--bundle', entry, '--platform=node', '--log-level=error', ...defaults];
    const bundle = (...more) =>
      execFileSync(ESBUILD, [...args, `--outfile=out/${out}`, ...more], {
        cwd: folder,
        stdio: 'pipe',
      });
    assert.throws(() => bundle(), /No loader is configured for "\.node" files/);
    bundle(...setting);
    assertRunsAlone(t, folder, 'out', out);
  });

  // A module has no `require`, which a CommonJS program would then need for its other packages too.
  if (name === 'esbuild, ES modules from CommonJS') continue;
  test(`${name}: runs beside node_modules with rdsiam left out`, (t) => {
    const folder = project(t);
    const args = ['--bundle', entry, '--platform=node', '--log-level=error', ...defaults];
    const left = ['--external:rdsiam', `--outfile=out/${out}`];
    execFileSync(ESBUILD, [...args, ...left], { cwd: folder, stdio: 'pipe' });
    assertRuns(path.join(folder, 'out', out));
  });
}

function webpack(folder, options) {
  const compiler = require('webpack')({
    context: folder,
    entry: './in.js',
    mode: 'production',
    optimization: { minimize: false },
    target: 'node20',
    output: { path: path.join(folder, 'out'), filename: 'out.js' },
    resolveLoader: { modules: [path.join(PACKAGE, 'node_modules')] },
    ...options,
  });
  return new Promise((resolve, reject) => {
    compiler.run((error, stats) => {
      if (error) reject(error);
      else resolve(stats.compilation.errors.map(({ message }) => message));
    });
  });
}

test('webpack 5: runs alone with node-loader', async (t) => {
  const folder = project(t);
  assert.match((await webpack(folder, {})).join(), /appropriate loader .* binary file/s);
  const rules = [{ test: /\.node$/, loader: 'node-loader' }];
  assert.deepEqual(await webpack(folder, { module: { rules } }), []);
  assertRunsAlone(t, folder, 'out', 'out.js');
});

test('webpack 5, ES modules: runs alone with node-loader and a publicPath that is no URL', async (t) => {
  const folder = project(t);
  const options = {
    entry: './in.mjs',
    experiments: { outputModule: true },
    module: { rules: [{ test: /\.node$/, loader: 'node-loader' }] },
  };
  const output = { path: path.join(folder, 'out'), filename: 'out.mjs', module: true };
  assert.deepEqual(await webpack(folder, { ...options, output }), []);
  const { stderr } = run([path.join(folder, 'out', 'out.mjs')]);
  assert.match(stderr, /no native part of rdsiam .*: node-loader/);
  const chosen = { ...output, publicPath: '' };
  assert.deepEqual(await webpack(folder, { ...options, output: chosen }), []);
  assertRunsAlone(t, folder, 'out', 'out.mjs');
});

test('webpack 5: runs beside node_modules with rdsiam left out', async (t) => {
  const folder = project(t);
  const externals = { rdsiam: 'commonjs rdsiam', 'rdsiam/pg': 'commonjs rdsiam/pg' };
  assert.deepEqual(await webpack(folder, { externals }), []);
  assertRuns(path.join(folder, 'out', 'out.js'));
});

async function rollup(folder, format, extension, options) {
  const { rollup: bundle } = require('rollup');
  const quiet = { onLog() {} };
  const built = await bundle({ input: path.join(folder, 'in.mjs'), ...quiet, ...options });
  const file = path.join(folder, 'out', `out${extension}`);
  await built.write({ file, format });
  await built.close();
  return file;
}

for (const [format, extension] of [
  ['cjs', '.js'],
  ['es', '.mjs'],
]) {
  test(`rollup, ${format}: runs beside node_modules untouched`, async (t) => {
    assertRuns(await rollup(project(t), format, extension, {}));
  });

  test(`rollup, ${format}, with node-resolve: runs with rdsiam left out`, async (t) => {
    const plugins = ['commonjs', 'json'].map((name) => require(`@rollup/plugin-${name}`)());
    const { nodeResolve } = require('@rollup/plugin-node-resolve');
    plugins.unshift(nodeResolve({ preferBuiltins: true }));
    const folder = project(t);
    await assert.rejects(rollup(folder, format, extension, { plugins }), /\.node/);
    const options = { plugins, external: [/^rdsiam(\/|$)/] };
    assertRuns(await rollup(folder, format, extension, options));
  });
}

async function vite(folder, ssr) {
  const { build } = await import('vite');
  await build({
    root: folder,
    logLevel: 'silent',
    configFile: false,
    ssr,
    build: { ssr: 'in.mjs', outDir: 'out' },
  });
  return path.join(folder, 'out', 'in.mjs');
}

test('vite, SSR: runs beside node_modules untouched', async (t) => {
  assertRuns(await vite(project(t), {}));
});

test('vite, SSR, with noExternal: runs with rdsiam left out', async (t) => {
  const folder = project(t);
  await assert.rejects(vite(folder, { noExternal: true }), /\.node/);
  assertRuns(await vite(folder, { noExternal: true, external: ['rdsiam'] }));
});

test('ncc: runs alone untouched', (t) => {
  const folder = project(t);
  const ncc = path.join(PACKAGE, 'node_modules', '@vercel', 'ncc', 'dist', 'ncc', 'cli.js');
  run([ncc, 'build', path.join(folder, 'in.js'), '-o', path.join(folder, 'out'), '-q'], {
    cwd: folder,
  });
  assertRunsAlone(t, folder, 'out', 'index.js');
});

for (const [helper, how] of Object.entries(BUNDLED)) {
  test(`rdsiam/${helper} in a bundle: ${how}`, (t) => {
    const folder = temporary(t);
    const entry = path.join(folder, 'in.js');
    const modules = path.join(folder, 'node_modules');
    fs.mkdirSync(modules);
    fs.symlinkSync(PACKAGE, path.join(modules, 'rdsiam'));
    const text = `const helper = require('rdsiam/${helper}');
      process.stdout.write(Object.values(helper).map((one) => typeof one).join());`;
    fs.writeFileSync(entry, text);
    const out = path.join(folder, 'out', 'out.js');
    const { errors, metafile } = require('esbuild').buildSync({
      entryPoints: [entry],
      outfile: out,
      bundle: true,
      platform: 'node',
      metafile: true,
      ...(how === 'inside' ? { loader: { '.node': 'copy' } } : { packages: 'external' }),
      logLevel: 'silent',
    });
    assert.deepEqual(errors, []);
    const inputs = Object.keys(metafile.inputs).join();
    const others = Object.keys(BUNDLED).filter((name) => name !== helper && name !== 'pg');
    for (const other of others) assert.ok(!inputs.includes(`node_modules/${other}/`), other);
    assert.equal(inputs.includes(`node_modules/${helper}/`), how === 'inside');
    assert.match(run([out], { cwd: '/' }).stdout, /^function/);
  });
}
