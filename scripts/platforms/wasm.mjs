// What is beside the addon as WebAssembly: a module for Node and one for browsers, which give it Node-API by emnapi, and gdws for browsers.
import { cpSync } from 'node:fs';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { bundleBrowser } from '../browser/bundle.mjs';

const sources = path.resolve(import.meta.dirname, '../../native/wasm32');

/** The files of the package @gdws/wasm32 beside gdws.wasm. */
export const wasmModules = ['gdws.cjs', 'gdws.mjs', 'gdws.d.mts', 'browser.mjs', 'browser.d.mts'];

/** Writes them to a folder. */
export function bundleWasm(folder) {
  const common = { bundle: true, minify: true, legalComments: 'none', logLevel: 'warning' };
  buildSync({
    ...common,
    entryPoints: [path.join(sources, 'gdws.cjs')],
    outfile: path.join(folder, 'gdws.cjs'),
    platform: 'node',
  });
  buildSync({
    ...common,
    entryPoints: [path.join(sources, 'gdws.mjs')],
    outfile: path.join(folder, 'gdws.mjs'),
    platform: 'browser',
    format: 'esm',
  });
  bundleBrowser(path.join(folder, 'browser.mjs'));
  for (const types of wasmModules.filter((name) => name.endsWith('.d.mts')))
    cpSync(path.join(sources, types), path.join(folder, types));
}
