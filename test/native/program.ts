import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(__dirname, '../..');

/** What the test program of the kernels prints. */
interface Report {
  instructionSet: string;
  failures: number;
  refused: number;
  /** How often each kernel of the table ran. */
  runs: Record<string, number>;
  /** How many operations on floats a session would leave to the reference, by opcode; choices.h says which may be. */
  leftToReference: Record<string, number>;
}

/** The test program of the kernels (main.cpp beside this file), built in a folder of its own. */
export interface Program {
  /** Where CMake builds. */
  readonly folder: string;
  /** CMake's options besides GDWS_TESTS. */
  readonly options?: readonly string[];
  /** What is built besides the program of the kernels. */
  readonly targets?: readonly string[];
  /** The words of the command that runs the program where it is not for this processor. */
  readonly emulator?: readonly string[];
}

/** Whether a command can be run. */
export function isInstalled(command: string, version = '--version'): boolean {
  return spawnSync(command, [version]).status === 0;
}

export function run(words: readonly string[], env: NodeJS.ProcessEnv = process.env): string {
  const [command, ...args] = words;
  const { status, signal, stdout, stderr, error } = spawnSync(command!, args, { cwd: root, env, encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status ?? signal}\n${stderr}${stdout}`);
  return stdout;
}

export function build({ folder, options = [], targets = [] }: Program): void {
  run(['cmake', '-S', root, '-B', folder, '-DGDWS_TESTS=ON', ...options]);
  run(['cmake', '--build', folder, '--parallel', '2', '--target', 'kernel_tests', ...targets]);
}

/**
 * Runs `cases` random cases of each operation with instruction sets up to `cap`, and expects every kernel to pass.
 * Returns the instruction set in use.
 */
export function expectAgreement({ folder, emulator = [] }: Program, cap: string, cases: number): string {
  const words = [...emulator, path.join(folder, 'kernel_tests'), '--cases', String(cases)];
  const report = JSON.parse(run(words, { ...process.env, GDWS_MAX_ISA: cap })) as Report;
  expect(report.failures).toBe(0);
  // Hostile attributes were tried and refused, and no kernel went untested.
  expect(report.refused).toBeGreaterThan(0);
  expect(Object.keys(report.runs).filter((kernel) => report.runs[kernel] === 0)).toEqual([]);
  const left = report.leftToReference;
  expect(Object.keys(left).filter((operation) => left[operation] !== 0)).toEqual([]);
  expect(left).toMatchObject({ convolution: 0, convolutionTranspose: 0, maxPool: 0 });
  expect(Object.keys(report.runs)).toEqual(expect.arrayContaining(['convolution.product', 'gdws.fused']));
  return report.instructionSet;
}
