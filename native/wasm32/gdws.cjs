// @gdws/wasm32 in Node: the addon that gdws loads where it has none for the platform.
const { readFileSync } = require('node:fs');
const path = require('node:path');
const { instantiateSync } = require('./instantiate.mjs');

const bytes = readFileSync(path.join(__dirname, 'gdws.wasm'));
const environment = Object.entries(process.env)
  .filter(([name]) => name.startsWith('GDWS_'))
  .map(([name, value]) => `${name}=${value}`);
module.exports = instantiateSync(new WebAssembly.Module(bytes), environment);
