// Builds the addon for other platforms, on Linux for x86-64, to build/platforms/<name>/gdws.node, or gdws.wasm and what loads it:
//   npm run build:platforms [-- --targets linux-x64,win32-x64] [--jobs 2]
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { compile, configure } from './compile.mjs';
import { published, publishedOf, webAssembly } from './targets.mjs';
import { bundleWasm } from './wasm.mjs';
import { installZig, zigEnvironment } from './zig.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const builds = path.join(root, 'build/platforms');

const { values } = parseArgs({
  options: {
    targets: { type: 'string', default: published.map(({ name }) => name).join(',') },
    jobs: { type: 'string', default: String(os.availableParallelism()) },
  },
});
const wanted = values.targets.split(',').map(publishedOf);
const compiler = { zig: installZig(), env: zigEnvironment };
for (const target of wanted) {
  const folder = path.join(builds, target.name);
  configure(target, root, folder, compiler);
  compile(folder, values.jobs, compiler);
  if (target === webAssembly) bundleWasm(folder);
}
