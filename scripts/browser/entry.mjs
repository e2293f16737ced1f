// gdws/browser: its types are in this package, its code in that of the engine, which it is of no use without.
//   node scripts/browser/entry.mjs [dist]
import { writeFileSync } from 'node:fs';
import path from 'node:path';

writeFileSync(path.join(process.argv[2] ?? 'dist', 'browser.mjs'), "export * from '@gdws/wasm32/browser';\n");
