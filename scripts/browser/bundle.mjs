// gdws in browsers: one module of all that src/browser.ts needs, without Node.
import { builtinModules } from 'node:module';
import path from 'node:path';
import { buildSync } from 'esbuild';

const root = path.resolve(import.meta.dirname, '../..');
const inNode = path.join(import.meta.dirname, 'node-modules.mjs');

/** Writes it to a file. */
export function bundleBrowser(outfile) {
  buildSync({
    entryPoints: [path.join(root, 'src/browser.ts')],
    outfile,
    bundle: true,
    minify: true,
    legalComments: 'inline',
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    alias: Object.fromEntries(builtinModules.map((name) => [`node:${name}`, inNode])),
    inject: [path.join(import.meta.dirname, 'globals.mjs')],
    logLevel: 'warning',
  });
}
