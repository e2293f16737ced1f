const path = require('node:path');

// For Node of another platform (scripts/platforms/test.mjs).
const root = path.join(__dirname, '../..');
module.exports = {
  ...require(path.join(root, 'jest.config.cjs')),
  rootDir: root,
  transform: { '^.+\\.ts$': path.join(__dirname, 'transform.cjs') },
  moduleNameMapper: { '^onnxruntime-node$': path.join(__dirname, 'onnxruntime/elsewhere.cjs') },
  // Emulated.
  testTimeout: 1_200_000,
};
