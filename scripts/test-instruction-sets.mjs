// Runs the engine's tests once for each instruction set below the highest that this processor has: `npm test` itself runs
// them at the highest. A process chooses its instruction set once, so that each needs a run of its own.
import { execFileSync, spawnSync } from 'node:child_process';

const suites = ['test/networks', 'test/operators', 'test/program', 'test/engine', 'test/gradient', 'test/conformance'];
const ascending = process.arch === 'arm64' ? ['portable', 'neon'] : ['portable', 'avx2', 'avx512'];

/** The instruction set that the addon uses where GDWS_MAX_ISA is `cap`. */
function instructionSetAt(cap) {
  const code = "process.stdout.write(require('./build/Release/gdws.node').instructionSet)";
  return execFileSync(process.execPath, ['-e', code], { env: { ...process.env, GDWS_MAX_ISA: cap }, encoding: 'utf8' });
}

const highest = instructionSetAt(ascending.at(-1));
console.log(`This processor has ${highest}.`);
for (const cap of ascending.slice(0, ascending.indexOf(highest))) {
  const used = instructionSetAt(cap);
  if (used !== cap) throw new Error(`GDWS_MAX_ISA=${cap} gives ${used}.`);
  console.log(`The engine's tests with GDWS_MAX_ISA=${cap}:`);
  const { status, error } = spawnSync('npx', ['--no-install', 'jest', ...suites, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, GDWS_MAX_ISA: cap },
    shell: process.platform === 'win32',
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
