// How much of the native code that loads and runs programs the corpus reaches: lines, by Clang's source-based coverage.
import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { availableInstructionSets } from '../instruction-sets.mjs';
import { build, findClang, mustRun } from './build.mjs';

const measured = ['native/engine', 'native/kernels'];

/** Replays the files of `corpus` at every instruction set, and prints the share of the lines that ran, file by file. */
export function reportCoverage(corpus) {
  const folder = path.resolve('build/coverage');
  const replay = build(folder, 'replay_programs', ['-DGDWS_COVERAGE=ON']);
  const files = readdirSync(corpus).map((file) => path.join(corpus, file));
  const profiles = availableInstructionSets().map((cap) => {
    const profile = path.join(folder, `${cap}.profraw`);
    rmSync(profile, { force: true });
    const env = { ...process.env, GDWS_MAX_ISA: cap, LLVM_PROFILE_FILE: profile };
    execFileSync(replay, files, { env, stdio: ['ignore', 'inherit', 'ignore'] });
    return profile;
  });
  const joined = path.join(folder, 'corpus.profdata');
  const { suffix } = findClang();
  mustRun(`llvm-profdata${suffix}`, ['merge', '-o', joined, ...profiles]);
  mustRun(`llvm-cov${suffix}`, [
    'report',
    replay,
    `-instr-profile=${joined}`,
    '-show-region-summary=false',
    '-show-branch-summary=false',
    ...measured.map((part) => path.resolve(part)),
  ]);
}
