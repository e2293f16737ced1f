// What gives the addon as WebAssembly its Node-API: a module for Node and one for browsers, with emnapi in them.
import { cpSync } from 'node:fs';
import path from 'node:path';
import { buildSync } from 'esbuild';

const sources = path.resolve(import.meta.dirname, '../../native/wasm32');

/** The files of the package @gdws/wasm32 beside gdws.wasm. */
export const wasmModules = ['gdws.cjs', 'gdws.mjs', 'gdws.d.mts'];

/** Writes them to a folder. */
export function bundleWasm(folder) {
  const common = { bundle: true, minify: true, legalComments: 'none', logLevel: 'warning' };
  buildSync({
    ...common,
    entryPoints: [path.join(sources, 'node.cjs')],
    outfile: path.join(folder, 'gdws.cjs'),
    platform: 'node',
  });
  buildSync({
    ...common,
    entryPoints: [path.join(sources, 'browser.mjs')],
    outfile: path.join(folder, 'gdws.mjs'),
    platform: 'browser',
    format: 'esm',
  });
  cpSync(path.join(sources, 'browser.d.mts'), path.join(folder, 'gdws.d.mts'));
}
