'use strict';

// From lib/ to dist/: the compiler makes CommonJS, ES modules and declarations, and esbuild puts what a
// first token needs into one file, since each further one takes longer to load than the token takes to
// make. `node compile.js DIR` makes only what a token needs, into DIR/dist, with esbuild alone.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { buildSync } = require('esbuild');
const { version, engines } = require('./package.json');

const FOLDER = process.argv[2];
const DIST = path.resolve(FOLDER ?? __dirname, 'dist');
fs.rmSync(DIST, { recursive: true, force: true });
if (!FOLDER) {
  const tsc = require.resolve('typescript/package.json').replace('package.json', 'bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', 'lib'], { cwd: __dirname, stdio: 'inherit' });
}

const options = {
  absWorkingDir: __dirname,
  allowOverwrite: true,
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: `node${engines.node.replace('>=', '')}`,
  define: { VERSION: JSON.stringify(version) },
  metafile: true,
};
const source = fs.readFileSync(path.join(__dirname, 'lib/index.mts'));
const names = /export \{([\s\S]*?)\} from/.exec(source)[1].replace(/\s+/g, ' ');
const bundles = [
  // The footer tells Node which names an ES module can import.
  {
    entryPoints: ['lib/entry.ts'],
    outfile: 'index.js',
    external: ['./addon-search.js', './ca-bundle.js', './errors.js', './more.js', './waiter.js'],
    footer: { js: `0 && (module.exports = {${names}});` },
  },
  {
    entryPoints: ['lib/waiter.ts'],
    outfile: 'waiter.js',
    external: ['./errors.js', './index.js', './more.js'],
  },
  {
    entryPoints: ['lib/more.ts'],
    outfile: 'more.js',
    external: ['./errors.js', './index.js', './waiter.js'],
  },
];
if (FOLDER) {
  for (const name of ['addon-search', 'ca-bundle', 'errors']) {
    const external = ['./index.js', './errors.js', './more.js', '@rdsiam/*', '*.node'];
    bundles.push({ entryPoints: [`lib/${name}.ts`], outfile: `${name}.js`, external });
  }
}
const inputs = bundles.flatMap((bundle) =>
  Object.keys(
    buildSync({ ...options, ...bundle, outfile: path.join(DIST, bundle.outfile) }).metafile.inputs,
  ),
);
compileAtOnce('index.js');
// What is in those files now is not there once more, nor is a file that had types alone.
const KEPT = ['index', 'internal', 'more', 'waiter'];
const TYPES = ['addon', 'login-options', 'types'];
const modules = [...inputs.map((input) => path.basename(input, '.ts')), ...TYPES];
for (const name of modules.filter((module) => !KEPT.includes(module))) {
  if (!FOLDER) fs.rmSync(path.join(DIST, `${name}.js`), { force: true });
}

// V8 compiles a function in parentheses with its file, and any other alone when it is first called, which
// takes 10 to 20 us more for each. Nearly all of this file runs for a first token.
function compileAtOnce(name) {
  const file = path.join(DIST, name);
  const text = fs.readFileSync(file, 'utf8');
  const functions = /^function (\w+)(\([\s\S]*?\n)\}$/gm;
  fs.writeFileSync(file, text.replace(functions, 'var $1 = (function $1$2});'));
}
