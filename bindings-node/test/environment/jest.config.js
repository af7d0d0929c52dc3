'use strict';

module.exports = { rootDir: __dirname, testMatch: ['**/*.jest.js'], maxWorkers: 2 };
