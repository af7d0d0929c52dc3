'use strict';

// Checks the types with the compilers, and the ways to find a module, that people have.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const PACKAGE = path.join(__dirname, '..');

function compile(name, ...args) {
  const { bin } = require(`${name}/package.json`);
  const tsc = path.join(path.dirname(require.resolve(`${name}/package.json`)), bin.tsc);
  const { status } = spawnSync(process.execPath, [tsc, ...args], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}

// `node10` knows neither `exports` nor a package that names itself, and the newest compiler has it no
// more. So this is a project of its own, with the package among its modules.
function compileAsNode10() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rdsiam-types-'));
  try {
    fs.mkdirSync(path.join(folder, 'node_modules'));
    fs.symlinkSync(PACKAGE, path.join(folder, 'node_modules', 'rdsiam'));
    const program = path.join(folder, 'program.ts');
    fs.copyFileSync(path.join(__dirname, 'types-node10.ts'), program);
    const kind = ['--module', 'commonjs', '--moduleResolution', 'node10', '--esModuleInterop'];
    const types = ['--typeRoots', path.join(PACKAGE, 'node_modules', '@types'), '--types', 'node'];
    // What the drivers' own declarations say is theirs.
    const strict = ['--strict', '--noEmit', '--target', 'es2022', '--skipLibCheck'];
    compile('typescript-5', ...strict, ...kind, ...types, program);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

compile('typescript', '-p', path.join(__dirname, 'tsconfig.json'));
compile('typescript', '-p', path.join(__dirname, 'tsconfig.drivers.json'));
compileAsNode10();
