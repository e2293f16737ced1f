// Builds libFuzzer's target of the program loader by Clang and runs it (docs/fuzzing.md):
//   node scripts/fuzz-programs.mjs [--minutes N] [--seed S] [--build build/fuzz] [--merge <folder of programs>]
// New inputs go to build/fuzz/programs, findings, minimised, to test/native/fuzz/corpus as regression-*. --merge puts
// what a folder adds to the corpus' coverage into the corpus.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

const corpus = path.resolve('test/native/fuzz/corpus');
/** Bytes; the corpus keeps files small, since coverage does not grow with sizes. */
const largestInput = 4096;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '0' },
    build: { type: 'string', default: 'build/fuzz' },
    merge: { type: 'string' },
  },
});
const folder = path.resolve(values.build);
const fuzzer = path.join(folder, 'fuzz_programs');
const limits = ['-rss_limit_mb=2048', '-malloc_limit_mb=512', '-timeout=25', `-max_len=${largestInput}`];
const env = {
  ...process.env,
  ASAN_OPTIONS: 'detect_leaks=1:detect_stack_use_after_return=1',
  UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
  // LLVM's OpenMP would let the second thread of a program spin for 200 ms after it.
  KMP_BLOCKTIME: '0',
};

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', env });
  if (error) throw error;
  return status;
}

function mustRun(command, args) {
  const status = run(command, args);
  if (status !== 0) throw new Error(`${command} ended with ${status}`);
}

function findClang() {
  const found = ['clang++', 'clang++-14'].find((name) => spawnSync(name, ['--version']).status === 0);
  if (!found) throw new Error('The fuzzer is built by Clang, which is not installed (Debian: clang, libomp-dev).');
  return found;
}

/** Minimises what broke the target, and keeps it in the corpus for ever. */
function keepFinding(finding) {
  const small = path.join(path.dirname(finding), `small-${path.basename(finding)}`);
  run(fuzzer, ['-minimize_crash=1', '-max_total_time=30', `-exact_artifact_path=${small}`, ...limits, finding]);
  const kept = existsSync(small) ? small : finding;
  const name = createHash('sha256').update(readFileSync(kept)).digest('hex').slice(0, 12);
  const regression = path.join(corpus, `regression-${name}`);
  copyFileSync(kept, regression);
  console.log(`${path.basename(finding)} -> ${path.relative('.', regression)}`);
}

if (!existsSync(path.join(folder, 'CMakeCache.txt'))) {
  const options = [`-DCMAKE_CXX_COMPILER=${findClang()}`, '-DGDWS_SANITIZER=fuzzer', '-DGDWS_TESTS=ON'];
  mustRun('cmake', ['-S', '.', '-B', folder, ...options]);
}
mustRun('cmake', ['--build', folder, '--parallel', '2', '--target', 'fuzz_programs']);

if (values.merge) {
  mustRun(fuzzer, ['-merge=1', ...limits, corpus, path.resolve(values.merge)]);
} else {
  const grown = path.join(folder, 'programs');
  const findings = path.join(folder, 'findings');
  rmSync(findings, { recursive: true, force: true });
  mkdirSync(grown, { recursive: true });
  mkdirSync(findings, { recursive: true });
  const seconds = Math.round(60 * Number(values.minutes));
  const args = [`-max_total_time=${seconds}`, `-seed=${values.seed}`, `-artifact_prefix=${findings}/`];
  const status = run(fuzzer, [...args, '-print_final_stats=1', ...limits, grown, corpus]);
  for (const finding of readdirSync(findings)) keepFinding(path.join(findings, finding));
  process.exitCode = status === 0 ? 0 : 1;
}
