'use strict';

// The package as npm installs it: what is compiled, and the package of the platform with the addon.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { PACKAGE } = require('./support.js');

const ADDON = 'rdsiam.linux-x64-gnu.node';

// Puts both into a node_modules folder, with pg beside them.
function install(modules) {
  const platform = path.join(modules, '@rdsiam', 'linux-x64-gnu');
  fs.mkdirSync(platform, { recursive: true });
  // As what ships, without what a debugger reads, which is the most of it here.
  execFileSync('strip', [
    '--strip-debug',
    '-o',
    path.join(platform, ADDON),
    path.join(PACKAGE, ADDON),
  ]);
  const { version } = require('../package.json');
  const manifest = { name: '@rdsiam/linux-x64-gnu', version, main: ADDON };
  fs.writeFileSync(path.join(platform, 'package.json'), JSON.stringify(manifest));
  for (const name of ['dist', 'package.json']) {
    fs.cpSync(path.join(PACKAGE, name), path.join(modules, 'rdsiam', name), { recursive: true });
  }
  for (const name of fs.readdirSync(path.join(PACKAGE, 'node_modules'))) {
    if (!/^(pg|postgres-|pgpass|xtend|split2)/.test(name)) continue;
    const from = path.join(PACKAGE, 'node_modules', name);
    fs.cpSync(from, path.join(modules, name), { recursive: true });
  }
}

module.exports = { ADDON, install };
