'use strict';

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { PACKAGE, run, temporary } = require('./support.js');

const ROOT = path.join(PACKAGE, '..');

// Each place that the Rust side guards, read from its source, so that none is forgotten.
function places() {
  const folder = path.join(PACKAGE, 'src');
  const source = fs
    .readdirSync(folder)
    .map((name) => fs.readFileSync(path.join(folder, name), 'utf8'))
    .join('\n');
  const guarded = [...source.matchAll(/(?:guard|attempt)\(\s*"(\w+)"/g)].map((match) => match[1]);
  const exported = source.match(/#\[napi\]\n\s*pub(?:\(crate\))? fn /g);
  assert.equal(guarded.length, new Set(guarded).size, 'a name is used twice');
  assert.equal(guarded.length, exported.length, 'an export has no guard');
  return guarded.sort();
}

// A copy of the package with an addon that panics where it is told to.
function panickingPackage(t) {
  execFileSync(path.join(ROOT, 'tests', 'tools', 'fault-build.sh'), {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const copy = temporary(t);
  for (const name of ['dist', 'test', 'package.json']) {
    fs.cpSync(path.join(PACKAGE, name), path.join(copy, name), { recursive: true });
  }
  fs.copyFileSync(
    path.join(ROOT, 'build', 'fault', 'librdsiam_node.so'),
    path.join(copy, 'rdsiam.linux-x64-gnu.node'),
  );
  return copy;
}

test('a panic in any native function is an RdsIamError, and the process lives on', (t) => {
  const copy = panickingPackage(t);
  const config = path.join(copy, 'config');
  fs.writeFileSync(
    path.join(copy, 'keys'),
    '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"S"}',
  );
  fs.writeFileSync(config, `[profile process]\ncredential_process = cat ${copy}/keys\n`);
  const all = places();
  for (const place of all) {
    const { status, stdout, stderr } = run([path.join(copy, 'test', 'panic-child.js')], {
      env: { PATH: process.env.PATH, RDSIAM_PANIC_IN: place, RDSIAM_TEST_CONFIG: config },
    });
    const expected = 'RdsIamError ERR_RDSIAM_PANIC false true\nalive\n';
    assert.equal(stdout, expected, `${place}: ${stderr}`);
    assert.equal(status, 0, place);
    assert.match(stderr, /injected panic/, place);
  }
  assert.ok(all.length >= 20, `${all.length} places`);
});
