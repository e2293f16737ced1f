import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type * as Introspection from '../../src/addon/introspection';
import type * as Session from '../../src/engine/session';
import { convolutionStack } from '../runtime/models';
import { build, expectAgreement, isInstalled, type Program } from './program';
import { native } from '../../src/addon/native';

// The kernels are tested by a C++ program: every kernel of the table against its reference, on random cases, at every
// instruction set that this processor has. Where the environment names a compiler (CXX), it compiles the addon too, and
// may not warn. Beside it others execute the corpus of the fuzzer of programs (docs/fuzzing.md): what was found to
// reach new code, and what broke the loader or a kernel once, is refused, or it compiles and runs; also where memory ends.

const addonBuild = path.resolve(__dirname, '../../build');

/** The addon as it is in a runtime that allows no buffers outside V8's memory: it needs to be linked anew only. */
const confined = process.platform === 'linux' ? ['gdws_confined'] : [];

/** What executes the corpus of the fuzzer of programs. */
const ofCorpus = ['replay_programs', 'starve_programs'];

/** Its files, sorted. */
const corpus = readdirSync(path.join(__dirname, 'fuzz/corpus'))
  .sort()
  .map((name) => path.join(__dirname, 'fuzz/corpus', name));

/** The JSON that a program prints once it has executed the corpus; an error names the file at which it ended. */
function execute<T>(program: string, options: readonly string[] = []): T {
  const words = [...options, ...corpus];
  const { status, signal, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8', timeout: 300_000 });
  if (status !== 0) throw new Error(`it ended with ${status ?? signal} at ${stderr.trim().split('\n').at(-1)}`);
  return JSON.parse(stdout) as T;
}

function chooseProgram(compiler: string | undefined): Program {
  if (compiler) {
    const folder = path.join(addonBuild, `kernel-tests-${path.basename(compiler)}`);
    return { folder, options: ['-DCMAKE_COMPILE_WARNING_AS_ERROR=ON'], targets: ['gdws', ...ofCorpus, ...confined] };
  }
  // Beside the addon, where CMake has built that: most of the program is compiled already.
  const beside = existsSync(path.join(addonBuild, 'CMakeCache.txt'));
  return { folder: beside ? addonBuild : path.join(addonBuild, 'kernel-tests'), targets: [...ofCorpus, ...confined] };
}

const hasCMake = isInstalled('cmake');
if (!hasCMake) console.warn('The kernel tests are skipped: they are built by CMake, which is not installed.');

(hasCMake ? describe : describe.skip)('kernels', () => {
  const program = chooseProgram(process.env.CXX);
  beforeAll(() => build(program), 1_200_000);

  const caps = native().instructionSets;
  it.each(caps)(
    'agree with their references, instruction sets up to %s',
    (cap) => {
      const used = expectAgreement(program, cap, 150);
      expect(used).toBe(cap);
    },
    600_000,
  );

  it('never break on the programs of the corpus, nor on their mutants', () => {
    const mutant = path.join(program.folder, 'last-mutant');
    const outcomes = execute<Record<'refused' | 'compiled' | 'ran', number>>(
      path.join(program.folder, 'replay_programs'),
      ['--seconds', '10', '--seed', '1', '--mutant', mutant],
    );
    expect(outcomes.refused + outcomes.compiled + outcomes.ran).toBeGreaterThan(corpus.length);
    // A corpus of nothing but refusals would test no kernel.
    expect(outcomes.ran).toBeGreaterThan(50);
    expect(outcomes.refused).toBeGreaterThan(0);
  }, 600_000);

  it('leave nothing behind where an allocation of loading, compiling or running a program fails', () => {
    const { programs, refused } = execute<{ programs: number; refused: number }>(
      path.join(program.folder, 'starve_programs'),
    );
    expect(programs).toBe(corpus.length);
    expect(refused).toBeGreaterThan(10 * programs);
  }, 600_000);

  (confined.length > 0 ? it : it.skip)('serve sessions of files where all buffers must be in V8 memory', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'gdws-confined-'));
    const file = path.join(folder, 'model.onnx');
    writeFileSync(file, convolutionStack({ channels: 64, layers: 2 }));
    const run = async (addon: string) => {
      jest.resetModules();
      const { GDWS_ADDON } = process.env;
      process.env.GDWS_ADDON = addon;
      const { InferenceSession, Tensor } = jest.requireActual<typeof Session>('../../src/engine/session');
      const { counters } = jest.requireActual<typeof Introspection>('../../src/addon/introspection');
      const session = await InferenceSession.create(file, { intraOpNumThreads: 1 });
      process.env.GDWS_ADDON = GDWS_ADDON ?? '';
      const { fileBytes } = counters();
      const results: unknown[] = [];
      for (const size of [8, 5, 8]) {
        const x = new Tensor('float32', new Float32Array(64 * size * size).fill(1), [1, 64, size, size]);
        results.push((await session.run({ x })).y!.data, session.runSync({ x }).y!.data);
      }
      await session.release();
      return { results, fileBytes, weightBytes: counters().weightBytes };
    };
    try {
      const usual = await run(process.env.GDWS_ADDON || path.join(addonBuild, 'Release', 'gdws.node'));
      expect(usual.fileBytes).toBeGreaterThanOrEqual(statSync(file).size);
      const inV8 = await run(path.join(program.folder, 'confined', 'gdws.node'));
      expect(inV8.results).toEqual(usual.results);
      expect(inV8).toMatchObject({ fileBytes: 0, weightBytes: 0 });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 120_000);
});
