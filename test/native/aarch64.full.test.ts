import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { build, expectAgreement, isInstalled, type Program } from './program';

// The kernels for 64-bit ARM, cross compiled and run under emulation, on fewer cases than beside the addon.

const root = path.resolve(__dirname, '../..');
const emulator = ['qemu-aarch64', '-L', '/usr/aarch64-linux-gnu'];
const program: Program = {
  folder: path.join(root, 'build/aarch64'),
  options: [
    `-DCMAKE_TOOLCHAIN_FILE=${path.join(root, 'cmake/aarch64-linux-gnu.cmake')}`,
    '-DCMAKE_COMPILE_WARNING_AS_ERROR=ON',
  ],
  emulator,
};

const missing = ['cmake', 'aarch64-linux-gnu-g++', 'qemu-aarch64'].filter((command) => !isInstalled(command));
if (missing.length > 0) {
  console.warn(`The ARM kernel tests are skipped: ${missing.join(', ')} not installed. See docs/platforms.md.`);
}

(missing.length > 0 ? describe.skip : describe)('kernels on emulated aarch64', () => {
  beforeAll(() => build(program), 1_200_000);

  it.each([
    ['dotprod', 30],
    ['neon', 30],
    // The same vectors of four floats, so that fewer cases do.
    ['portable', 20],
  ])(
    'agree with their references, instruction sets up to %s',
    (cap, cases) => expect(expectAgreement(program, cap, cases)).toBe(cap),
    600_000,
  );

  it('are those of neon where the processor has no dot product', () => {
    const [command, ...options] = emulator;
    const words = ['-cpu', 'cortex-a53', path.join(program.folder, 'kernel_tests'), '--operation', 'softmax'];
    const { stdout } = spawnSync(command!, [...options, ...words, '--cases', '1'], {
      encoding: 'utf8',
      env: { ...process.env, GDWS_MAX_ISA: 'dotprod' },
    });
    expect(JSON.parse(stdout)).toMatchObject({ instructionSet: 'neon', failures: 0 });
  });
});
