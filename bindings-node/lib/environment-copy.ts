// As `for` sees them: a test runner may lay one environment over another. What is no text is written
// out, as Node does when it is set.
export function copyOf(env: Record<string, unknown>): Record<string, string> {
  const variables: Record<string, string> = Object.create(null);
  for (const name in env) {
    const value = env[name];
    if (typeof value === 'string') variables[name] = value;
    else if (typeof value === 'number' || typeof value === 'boolean') variables[name] = `${value}`;
  }
  // The core does not see the arguments of Node.
  if (process.execArgv?.includes('--use-env-proxy')) variables.NODE_USE_ENV_PROXY = '1';
  return variables;
}
