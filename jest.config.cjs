const path = require('node:path');

// Some tests start processes in folders of their own.
if (process.env.GDWS_ADDON) process.env.GDWS_ADDON = path.resolve(process.env.GDWS_ADDON);
// The same kernels in every test run, and nothing left in the user's cache; tests of the tuning switch it on.
process.env.GDWS_TUNING ??= 'off';
// Every program that a test compiles has its memory plan checked.
process.env.GDWS_VERIFY_PLANS ??= 'on';
// Small networks with several threads.
process.env.GDWS_SMALL_TEAMS ??= 'off';

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: '<rootDir>/test/environment.cjs',
  setupFiles: ['<rootDir>/test/seed.cjs'],
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }] },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/build'],
  testTimeout: process.env.GDWS_LONG_TESTS ? 1_200_000 : 60_000,
};
