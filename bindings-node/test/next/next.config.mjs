// The one setting. Without it the build stops at the addon.
export default {
  serverExternalPackages: process.env.UNTOUCHED ? [] : ['rdsiam'],
  output: 'standalone',
};
