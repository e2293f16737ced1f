// Runs a script in Node of another platform, with the addon that was built for it; paths of this machine among the arguments are spelled
// as that Node wants them:
//   node scripts/platforms/run-node.mjs [--installed] win32-x64 script.js [arguments]
// With --installed it is left to gdws, as it is installed where the script is, to find its addon.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { nodeOf } from './node.mjs';

const isInstalled = process.argv[2] === '--installed';
const [name, ...given] = process.argv.slice(isInstalled ? 3 : 2);
const { words, env, pathOf } = nodeOf(name);
if (isInstalled) delete env.GDWS_ADDON;
const [program, ...rest] = words;
const spelled = given.map((word) => (path.isAbsolute(word) ? pathOf(word) : word));
const { status, error } = spawnSync(program, [...rest, ...spelled], {
  stdio: 'inherit',
  env: { ...process.env, ...env },
});
if (error) throw error;
process.exitCode = status ?? 1;
