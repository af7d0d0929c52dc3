'use strict';

// Checks the types with the compilers, and the ways to find a module, that people have; and how the
// package looks to its consumers.

const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const PACKAGE = path.join(__dirname, '..');
const MODULES = path.join(PACKAGE, 'node_modules');

function check(program, ...args) {
  const { status } = spawnSync(process.execPath, [program, ...args], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}

function binary(name) {
  const manifest = JSON.parse(fs.readFileSync(path.join(MODULES, name, 'package.json'), 'utf8'));
  const file = typeof manifest.bin === 'string' ? manifest.bin : Object.values(manifest.bin)[0];
  return path.join(MODULES, name, file);
}

const tsc = (name) => path.join(MODULES, name, 'bin', 'tsc');

// Each way, with the declarations of the package and of the drivers checked too. The newest compiler has no
// `node10` any more.
const WAYS = [
  ['typescript-5', 'commonjs', 'node10', 'consumer.ts'],
  ['typescript-5', 'node16', 'node16', 'consumer.ts', 'consumer.mts'],
  ['typescript', 'nodenext', 'nodenext', 'consumer.ts', 'consumer.mts'],
  ['typescript', 'esnext', 'bundler', 'consumer.ts'],
];

// A project of its own, with the package among its modules.
function compileAsConsumer() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rdsiam-types-'));
  try {
    fs.mkdirSync(path.join(folder, 'node_modules'));
    for (const name of fs.readdirSync(MODULES)) {
      fs.symlinkSync(path.join(MODULES, name), path.join(folder, 'node_modules', name));
    }
    fs.symlinkSync(PACKAGE, path.join(folder, 'node_modules', 'rdsiam'));
    const text = fs.readFileSync(path.join(__dirname, 'types-consumer.ts'));
    for (const name of ['consumer.ts', 'consumer.mts']) {
      fs.writeFileSync(path.join(folder, name), text);
    }
    const strict = ['--strict', '--noEmit', '--skipLibCheck', 'false', '--target', 'es2022'];
    const types = ['--types', 'node', '--typeRoots', path.join(MODULES, '@types')];
    for (const [compiler, module, resolution, ...files] of WAYS) {
      const way = ['--module', module, '--moduleResolution', resolution, '--esModuleInterop'];
      const programs = files.map((name) => path.join(folder, name));
      check(tsc(compiler), ...strict, ...types, ...way, ...programs);
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

check(tsc('typescript'), '-p', path.join(__dirname, 'tsconfig.json'));
check(tsc('typescript'), '-p', path.join(__dirname, 'tsconfig.drivers.json'));
compileAsConsumer();
check(binary('publint'), 'run', PACKAGE, '--strict');
// Without the addon, which would take the most of the time.
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rdsiam-pack-'));
try {
  for (const name of ['package.json', 'README.md', 'dist']) {
    fs.cpSync(path.join(PACKAGE, name), path.join(folder, name), { recursive: true });
  }
  const npm = ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder];
  const packed = execFileSync('npm', npm, { cwd: folder, encoding: 'utf8' }).trim();
  check(binary('@arethetypeswrong/cli'), '--format', 'table-flipped', path.join(folder, packed));
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
