'use strict';

// The addon for this platform: a file in the package first, for those who built it
// themselves, then the package of the platform. Each name is written out, inside a `try`,
// because bundlers follow only what they can read and forgive only there what is missing.
// An addon for another C library is refused by the dynamic linker, so that there is no need to
// find out which one this system has.

const failures = [];

function load() {
  switch (`${process.platform}-${process.arch}`) {
    case 'linux-x64':
      try {
        return require('../rdsiam.linux-x64-gnu.node');
      } catch (error) {
        failures.push(error);
      }
      try {
        return require('rdsiam-linux-x64-gnu');
      } catch (error) {
        failures.push(error);
      }
      try {
        return require('../rdsiam.linux-x64-musl.node');
      } catch (error) {
        failures.push(error);
      }
      try {
        return require('rdsiam-linux-x64-musl');
      } catch (error) {
        failures.push(error);
      }
      break;
    case 'linux-arm64':
      try {
        return require('../rdsiam.linux-arm64-gnu.node');
      } catch (error) {
        failures.push(error);
      }
      try {
        return require('rdsiam-linux-arm64-gnu');
      } catch (error) {
        failures.push(error);
      }
      try {
        return require('../rdsiam.linux-arm64-musl.node');
      } catch (error) {
        failures.push(error);
      }
      try {
        return require('rdsiam-linux-arm64-musl');
      } catch (error) {
        failures.push(error);
      }
      break;
    case 'darwin-x64':
      try {
        return require('../rdsiam.darwin-x64.node');
      } catch (error) {
        failures.push(error);
      }
      try {
        return require('rdsiam-darwin-x64');
      } catch (error) {
        failures.push(error);
      }
      break;
    case 'darwin-arm64':
      try {
        return require('../rdsiam.darwin-arm64.node');
      } catch (error) {
        failures.push(error);
      }
      try {
        return require('rdsiam-darwin-arm64');
      } catch (error) {
        failures.push(error);
      }
      break;
    case 'win32-x64':
      try {
        return require('../rdsiam.win32-x64-msvc.node');
      } catch (error) {
        failures.push(error);
      }
      try {
        return require('rdsiam-win32-x64-msvc');
      } catch (error) {
        failures.push(error);
      }
      break;
    default:
      failures.push(new Error('rdsiam is not built for this platform'));
  }
  throw unavailable();
}

function unavailable() {
  const { INTERNAL, RdsIamError } = require('./errors.js');
  const told = failures.filter((error) => error.code !== 'MODULE_NOT_FOUND');
  const why =
    told.length === 0
      ? 'none is installed. Were optional dependencies left out, or was node_modules copied ' +
        'from another platform? Install again here, or run "npm run build" in the package'
      : told.map((error) => error.message).join('; ');
  const platform = `${process.platform}-${process.arch}`;
  const message = `no native part of rdsiam for ${platform} and Node ${process.version}: ${why}`;
  return new RdsIamError(INTERNAL, message, { cause: told[0] ?? failures[0] });
}

module.exports = load();
