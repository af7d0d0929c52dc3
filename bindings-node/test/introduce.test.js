'use strict';

const assert = require('node:assert/strict');
const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rdsiam-introduce-'));
const CONFIG = path.join(folder, 'config.json');
process.env.STANDIN_HOST = 'a stand-in';
process.env.STANDIN_CONFIG = CONFIG;
const { introduce } = require('./emulated.js');

test.after(() => fs.rmSync(folder, { recursive: true }));

const keys = () => JSON.parse(fs.readFileSync(CONFIG, 'utf8')).keys;

test('a lock that a killed test left behind is taken over', () => {
  fs.writeFileSync(CONFIG, JSON.stringify({ keys: { old: 1 } }));
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  fs.symlinkSync(String(pid), `${CONFIG}.lock`);
  introduce({ next: 2 });
  assert.deepEqual(keys(), { old: 1, next: 2 });
  assert.deepEqual(fs.readdirSync(folder), ['config.json']);
});

test('a lock of a process that runs is waited for', async () => {
  const holder = `const fs = require('node:fs');
    fs.symlinkSync(String(process.pid), process.argv[1]);
    process.stdout.write('held');
    setTimeout(() => fs.unlinkSync(process.argv[1]), 300);`;
  const child = spawn(process.execPath, ['-e', holder, `${CONFIG}.lock`]);
  const ended = new Promise((resolve) => child.once('close', resolve));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const held = () => fs.readdirSync(folder).includes('config.json.lock');
  assert.ok(held());
  introduce({ third: 3 });
  assert.ok(!held());
  assert.equal(keys().third, 3);
  assert.equal(await ended, 0);
});

test('the lock is released after an error', () => {
  fs.writeFileSync(CONFIG, 'no JSON');
  assert.throws(() => introduce({}), SyntaxError);
  assert.deepEqual(fs.readdirSync(folder), ['config.json']);
});
