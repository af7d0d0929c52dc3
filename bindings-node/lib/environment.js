'use strict';

// The environment of the caller, beyond what a first token needs of it: see `index.js`.

const { settle } = require('./errors.js');

// Gives the addon a copy, unless it reads the variables of the process.
function pass(handle, isLive, env) {
  settle(handle.replace(isLive ? undefined : copyOf(env)));
}

// As `for` sees them: a test runner may lay one environment over another. What is no text is written
// out, as Node does when it is set.
function copyOf(env) {
  const variables = Object.create(null);
  for (const name in env) {
    const value = env[name];
    if (typeof value === 'string') variables[name] = value;
    else if (typeof value === 'number' || typeof value === 'boolean') variables[name] = `${value}`;
  }
  // The core does not see the arguments of Node.
  if (process.execArgv?.includes('--use-env-proxy')) variables.NODE_USE_ENV_PROXY = '1';
  return variables;
}

module.exports = {
  pass,
  get environment() {
    return require('../index.js')[Symbol.for('rdsiam.environment')];
  },
};
