import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

// The kernels are tested by a C++ program (main.cpp beside this file): every kernel of the table against its reference,
// on random cases, at every instruction set that this processor has.

const root = path.resolve(__dirname, '../..');
// Beside the addon, where CMake has built that: most of the program is compiled already.
const addonBuild = path.join(root, 'build');
const build = existsSync(path.join(addonBuild, 'CMakeCache.txt')) ? addonBuild : path.join(addonBuild, 'kernel-tests');
const program = path.join(build, 'kernel_tests');
const casesPerOperation = 150;

interface Report {
  instructionSet: string;
  failures: number;
  refused: number;
  runs: Record<string, number>;
}

function run(command: string, args: string[], env: NodeJS.ProcessEnv = process.env): string {
  const { status, signal, stdout, stderr, error } = spawnSync(command, args, { cwd: root, env, encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status ?? signal}\n${stderr}${stdout}`);
  return stdout;
}

const hasCMake = spawnSync('cmake', ['--version']).status === 0;
if (!hasCMake) console.warn('The kernel tests are skipped: they are built by CMake, which is not installed.');

(hasCMake ? describe : describe.skip)('kernels', () => {
  beforeAll(() => {
    run('cmake', ['-S', root, '-B', build, '-DGDWS_TESTS=ON']);
    run('cmake', ['--build', build, '--target', 'kernel_tests', '--parallel', '2']);
  }, 600_000);

  const caps = process.arch === 'arm64' ? ['portable', 'neon'] : ['portable', 'avx2', 'avx512'];
  it.each(caps)(
    'agree with their references, instruction sets up to %s',
    (cap) => {
      const report = JSON.parse(
        run(program, ['--cases', String(casesPerOperation)], { ...process.env, GDWS_MAX_ISA: cap }),
      ) as Report;
      expect(report.failures).toBe(0);
      // Hostile attributes were tried and refused, and no kernel went untested.
      expect(report.refused).toBeGreaterThan(0);
      for (const runs of Object.values(report.runs)) expect(runs).toBeGreaterThan(0);
      expect(Object.keys(report.runs)).toEqual(expect.arrayContaining(['convolution.product', 'gdws.fused']));
    },
    600_000,
  );
});
