// Puts the library that draws the charts of a sweep's page into the package, with its licence: users need not install it.
//   node copy-charts.mjs [dist]
import { copyFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const echarts = path.dirname(createRequire(import.meta.url).resolve('echarts/package.json'));
const target = path.join(process.argv[2] ?? 'dist', 'sweep', 'page');
mkdirSync(target, { recursive: true });
copyFileSync(path.join(echarts, 'dist', 'echarts.min.js'), path.join(target, 'echarts.min.js'));
for (const name of ['LICENSE', 'NOTICE']) copyFileSync(path.join(echarts, name), path.join(target, `echarts.${name}`));
