'use strict';

// The environment of the caller, beyond what a first token needs of it: see `index.js`.

// As `for` sees them: a test runner may lay one environment over another. What is no text is written
// out, as Node does when it is set.
function copyOf(env, usesProxies) {
  const variables = Object.create(null);
  for (const name in env) {
    const value = env[name];
    if (typeof value === 'string') variables[name] = value;
    else if (typeof value === 'number' || typeof value === 'boolean') variables[name] = `${value}`;
  }
  // The core does not see the arguments of Node.
  if (usesProxies) variables.NODE_USE_ENV_PROXY = '1';
  return variables;
}

module.exports = {
  copyOf,
  get environment() {
    return require('../index.js')[Symbol.for('rdsiam.environment')];
  },
};
