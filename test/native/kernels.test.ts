import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { build, expectAgreement, isInstalled, type Program } from './program';

// The kernels are tested by a C++ program: every kernel of the table against its reference, on random cases, at every
// instruction set that this processor has. Where the environment names a compiler (CXX), it compiles the addon too, and
// may not warn. Beside it a second one replays the corpus of the fuzzer of programs (docs/fuzzing.md): what was found to
// reach new code, and what broke the loader or a kernel once, is refused, or it compiles and runs.

const addonBuild = path.resolve(__dirname, '../../build');

function chooseProgram(compiler: string | undefined): Program {
  if (compiler) {
    const folder = path.join(addonBuild, `kernel-tests-${path.basename(compiler)}`);
    return { folder, options: ['-DCMAKE_COMPILE_WARNING_AS_ERROR=ON'], targets: ['gdws', 'replay_programs'] };
  }
  // Beside the addon, where CMake has built that: most of the program is compiled already.
  const beside = existsSync(path.join(addonBuild, 'CMakeCache.txt'));
  return { folder: beside ? addonBuild : path.join(addonBuild, 'kernel-tests'), targets: ['replay_programs'] };
}

const hasCMake = isInstalled('cmake');
if (!hasCMake) console.warn('The kernel tests are skipped: they are built by CMake, which is not installed.');

(hasCMake ? describe : describe.skip)('kernels', () => {
  const program = chooseProgram(process.env.CXX);
  beforeAll(() => build(program), 1_200_000);

  const caps = process.arch === 'arm64' ? ['portable', 'neon'] : ['portable', 'avx2', 'avx512'];
  it.each(caps)(
    'agree with their references, instruction sets up to %s',
    (cap) => {
      const used = expectAgreement(program, cap, 150);
      // The processor may lack the cap itself.
      expect(caps.slice(0, caps.indexOf(cap) + 1)).toContain(used);
    },
    600_000,
  );

  it('never break on the programs of the corpus, nor on their mutants', () => {
    const corpus = path.join(__dirname, 'fuzz/corpus');
    const files = readdirSync(corpus).map((name) => path.join(corpus, name));
    const mutant = path.join(program.folder, 'last-mutant');
    const words = ['--seconds', '10', '--seed', '1', '--mutant', mutant, ...files];
    const options = { encoding: 'utf8', timeout: 300_000 } as const;
    const { status, signal, stdout, stderr } = spawnSync(path.join(program.folder, 'replay_programs'), words, options);
    if (status !== 0) throw new Error(`it ended with ${status ?? signal} at ${stderr.trim().split('\n').at(-1)}`);
    const outcomes = JSON.parse(stdout) as Record<'refused' | 'compiled' | 'ran', number>;
    expect(outcomes.refused + outcomes.compiled + outcomes.ran).toBeGreaterThan(files.length);
    // A corpus of nothing but refusals would test no kernel.
    expect(outcomes.ran).toBeGreaterThan(50);
    expect(outcomes.refused).toBeGreaterThan(0);
  }, 600_000);
});
