// Ends `npm pack` and `npm publish` in the repository: a package made of it as it is would have no addon for any platform.
console.error(
  'gdws is packed from staged folders, with the packages of its addons: node scripts/platforms/pack.mjs (npm run package)',
);
process.exitCode = 1;
