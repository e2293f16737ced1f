// Runs the engine's tests with the addon that was built for a platform, in Node of that platform: in an emulator, unless it is this
// machine's:
//   npm run test:platform -- linux-arm64 [suites and options of jest, as --shard=3/40]
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { engineSuites } from '../engine-suites.mjs';
import { nodeOf } from './node.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const [name, ...given] = process.argv.slice(2);
const { isEmulated, words, env } = nodeOf(name);
// Those of onnxruntime-node's own interface need it in the same process (test/platforms/onnxruntime).
const left = ['full.test', ...(isEmulated ? ['engine/onnxruntime'] : [])];
const suites = given.some((word) => !word.startsWith('-'))
  ? []
  : [...engineSuites, ...left.map((pattern) => `--testPathIgnorePatterns=${pattern}`)];
const [program, ...rest] = words;
const { status, error } = spawnSync(
  program,
  [
    ...rest,
    'node_modules/jest/bin/jest.js',
    ...(isEmulated ? ['--config=test/platforms/jest.config.cjs', '--runInBand'] : []),
    ...suites,
    ...given,
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } },
);
if (error) throw error;
process.exitCode = status ?? 1;
