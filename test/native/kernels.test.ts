import { existsSync } from 'node:fs';
import path from 'node:path';
import { build, expectAgreement, isInstalled, type Program } from './program';

// The kernels are tested by a C++ program: every kernel of the table against its reference, on random cases, at every
// instruction set that this processor has. Where the environment names a compiler (CXX), it compiles the addon too, and
// may not warn.

const addonBuild = path.resolve(__dirname, '../../build');

function chooseProgram(compiler: string | undefined): Program {
  if (compiler) {
    const folder = path.join(addonBuild, `kernel-tests-${path.basename(compiler)}`);
    return { folder, options: ['-DCMAKE_COMPILE_WARNING_AS_ERROR=ON'], targets: ['gdws'] };
  }
  // Beside the addon, where CMake has built that: most of the program is compiled already.
  const beside = existsSync(path.join(addonBuild, 'CMakeCache.txt'));
  return { folder: beside ? addonBuild : path.join(addonBuild, 'kernel-tests') };
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
});
