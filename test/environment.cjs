const { TestEnvironment } = require('jest-environment-node');

// Addons make their arrays in Node's own realm, where jest runs tests in another. onnxruntime-common and others tell
// arrays by their class, so tests get Node's classes.
const shared = [ArrayBuffer, SharedArrayBuffer, DataView, Uint8ClampedArray].concat(
  [Float32Array, Float64Array, BigInt64Array, BigUint64Array],
  [Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array],
);

module.exports = class extends TestEnvironment {
  async setup() {
    await super.setup();
    for (const type of shared) this.global[type.name] = type;
  }
};
