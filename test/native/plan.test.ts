import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { isInstalled } from './program';

// Memory plans of random programs, held against the rule (native/engine/verify_plan.h) and against a run that marks
// every byte, by a C++ program that needs little of the engine. npm run test:plan-mutants shows that it can fail.

const root = path.resolve(__dirname, '../..');
const compiler = process.env.CXX ?? 'c++';
const hasCompiler = isInstalled(compiler);
if (!hasCompiler) console.warn(`The tests of memory plans are skipped: ${compiler} is not installed.`);

interface Report {
  readonly programs: number;
  readonly failures: number;
  /** Of all plans together. */
  readonly arenaBytes: number;
  /** Plans that were spoilt on purpose: with harm and seen, unharmed, and against the rule without harm. */
  readonly spoilt: number;
  readonly unharmed: number;
  readonly harmless: number;
}

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ended with ${status}\n${stderr}${stdout}`);
  return stdout;
}

(hasCompiler ? test : test.skip)(
  'plans of random programs keep the rule, and the rule sees what does harm',
  () => {
    const folder = path.join(root, 'build', 'plan-tests');
    mkdirSync(folder, { recursive: true });
    const program = path.join(folder, 'plan_tests');
    const own = readdirSync(path.join(__dirname, 'plan')).filter((name) => name.endsWith('.cpp'));
    const sources = [
      ...['memory_plan', 'concat_placement', 'arena', 'verify_plan'].map((name) => `native/engine/${name}.cpp`),
      ...own.map((name) => `test/native/plan/${name}`),
    ];
    const options = ['-std=c++20', '-O1', '-D_GLIBCXX_ASSERTIONS', '-Wall', '-Wextra', '-Inative', '-Itest'];
    run(compiler, [...options, ...sources, '-o', program]);
    const report = JSON.parse(run(program, ['--programs', '3000'])) as Report;
    expect(report).toMatchObject({ programs: 3000, failures: 0 });
    // The same programs each time; a plan that takes more memory is a loss.
    expect(report.arenaBytes).toBe(7_336_320);
    expect(report.spoilt).toBeGreaterThan(5000);
    expect(report.unharmed).toBeGreaterThan(1000);
    expect(report.harmless).toBeLessThan(report.spoilt / 100);
  },
  300_000,
);
