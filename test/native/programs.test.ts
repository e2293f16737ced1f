import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

// A short run of the fuzzer of programs, for whoever has built it (npm run fuzz:program); kernels.full.test.ts replays its
// corpus everywhere.

const root = path.resolve(__dirname, '../..');
const isBuilt = existsSync(path.join(root, 'build/fuzz/fuzz_programs'));
if (!isBuilt) console.warn('The fuzzer of programs is not built: npm run fuzz:program builds it, with Clang.');

(isBuilt ? describe : describe.skip)('the fuzzer of programs', () => {
  it('finds nothing in 20 seconds', () => {
    const words = [path.join(root, 'scripts/fuzz-programs.mjs'), '--minutes', '0.33'];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${stdout.slice(-2000)}\n${stderr.slice(-6000)}`);
    expect(stderr).toMatch(/Done \d+ runs/);
  }, 600_000);
});
