/**
 * The platforms whose addons are published, each as a package `@gdws/<name>`; scripts/platforms/targets.mjs has the same.
 * Bundlers do not see these packages, since the loader does not name them in calls of `require`: none can put an addon into a
 * file without settings of its own, and most stop at packages that are not installed.
 */
export const platformPackages: readonly string[] = [
  'linux-x64',
  'linux-arm64',
  'linuxmusl-x64',
  'linuxmusl-arm64',
  'win32-x64',
  'win32-arm64',
  'darwin-arm64',
  'darwin-x64',
];
