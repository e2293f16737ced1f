// The addon as WebAssembly: emnapi gives it Node-API.
import { instantiateNapiModule, instantiateNapiModuleSync } from '@emnapi/core';
import { getDefaultContext } from '@emnapi/runtime';
import { Wasi } from './wasi.mjs';

function options(environment) {
  return {
    context: getDefaultContext(),
    wasi: new Wasi(environment),
    overwriteImports: (imports) => ({ ...imports, env: { ...imports.env, ...imports.napi, ...imports.emnapi } }),
  };
}

/**
 * What the addon exports (Native of src/addon/native.ts).
 *
 * @param {WebAssembly.Module} module
 * @param {readonly string[]} environment variables that it reads, as `GDWS_TUNING=off`
 */
export function instantiateSync(module, environment) {
  return instantiateNapiModuleSync(module, options(environment)).napiModule.exports;
}

/** As instantiateSync, where compiling takes too long for that. */
export async function instantiate(module, environment) {
  return (await instantiateNapiModule(module, options(environment))).napiModule.exports;
}
