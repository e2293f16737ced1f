// Runs the engine's tests once for each instruction set below the highest that this processor has: `npm test` itself runs
// them at the highest. A process chooses its instruction set once, so that each needs a run of its own.
import { execFileSync, spawnSync } from 'node:child_process';
import { engineSuites } from './engine-suites.mjs';
import { availableInstructionSets } from './instruction-sets.mjs';

/** Those that have only products of bytes of their own: their floats are those of the set before. */
const ofBytes = new Set(['avxvnni', 'avx512', 'avx512vnni', 'avx512vbmi', 'amx', 'dotprod']);
const suitesOfBytes = [
  'test/networks/quantized',
  'test/operators/quantization',
  'test/program/fuse',
  'test/conformance',
];

/** The instruction set that the addon uses where GDWS_MAX_ISA is `cap`. */
function instructionSetAt(cap) {
  const code = "process.stdout.write(require('./build/Release/gdws.node').instructionSet)";
  return execFileSync(process.execPath, ['-e', code], { env: { ...process.env, GDWS_MAX_ISA: cap }, encoding: 'utf8' });
}

const available = availableInstructionSets();
console.log(`This processor has ${available.join(', ')}.`);
for (const cap of available.slice(0, -1)) {
  const used = instructionSetAt(cap);
  if (used !== cap) throw new Error(`GDWS_MAX_ISA=${cap} gives ${used}.`);
  console.log(`The engine's tests with GDWS_MAX_ISA=${cap}:`);
  const chosen = ofBytes.has(cap) ? suitesOfBytes : engineSuites;
  const { status, error } = spawnSync('npx', ['--no-install', 'jest', ...chosen, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, GDWS_MAX_ISA: cap },
    shell: process.platform === 'win32',
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
