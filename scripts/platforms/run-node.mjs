// Runs a script in Node of another platform, with the addon that was built for it; paths of this machine among the arguments are spelled
// as that Node wants them:
//   node scripts/platforms/run-node.mjs win32-x64 script.js [arguments]
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { nodeOf } from './node.mjs';

const [name, ...given] = process.argv.slice(2);
const { words, env, pathOf } = nodeOf(name);
const [program, ...rest] = words;
const spelled = given.map((word) => (path.isAbsolute(word) ? pathOf(word) : word));
const { status, error } = spawnSync(program, [...rest, ...spelled], {
  stdio: 'inherit',
  env: { ...process.env, ...env },
});
if (error) throw error;
process.exitCode = status ?? 1;
