const crypto = require('node:crypto');
const { readFileSync } = require('node:fs');
const ts = require('typescript');

// Runs in every Node; the compiler of the other test runs is made for one platform.
const compilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.CommonJS,
  esModuleInterop: true,
  inlineSourceMap: true,
  inlineSources: true,
};
const own = readFileSync(__filename);

module.exports = {
  process: (source, fileName) => ({ code: ts.transpileModule(source, { fileName, compilerOptions }).outputText }),
  getCacheKey: (source, fileName) =>
    crypto.createHash('sha256').update(own).update(ts.version).update(fileName).update(source).digest('hex'),
};
