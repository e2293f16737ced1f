// Builds libFuzzer's target of the program loader by Clang and runs it (docs/fuzzing.md):
//   node scripts/fuzz-programs.mjs [--minutes N] [--seed S] [--build build/fuzz]
//                                  [--remake | --merge <folder of programs> | --coverage]
// New inputs go to build/fuzz/programs, findings, minimised, to test/native/fuzz/corpus as regression-*. --remake makes
// the corpus of the programs of the tests, --merge puts what a folder adds to the corpus' coverage into it, --coverage
// tells how much of the native code the corpus reaches.
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { build, mustRun, run } from './fuzz/build.mjs';
import { reportCoverage } from './fuzz/coverage.mjs';

const corpus = path.join('test', 'native', 'fuzz', 'corpus');
/** Bytes; the corpus keeps files small, since coverage does not grow with sizes. */
const largestInput = 4096;
/** Their programs are those of the corpus. */
const suites = ['test/operators', 'test/engine', 'test/gradient', 'test/program', 'test/gdws', 'test/compress'];

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '0' },
    build: { type: 'string', default: 'build/fuzz' },
    remake: { type: 'boolean', default: false },
    merge: { type: 'string' },
    coverage: { type: 'boolean', default: false },
  },
});
// Relative: libFuzzer starts itself through a shell, and does not quote what it passes on.
const folder = path.relative('.', values.build);
const grown = path.join(folder, 'programs');
const limits = ['-rss_limit_mb=2048', '-malloc_limit_mb=512', '-timeout=25', `-max_len=${largestInput}`];
const env = {
  ...process.env,
  ASAN_OPTIONS: 'detect_leaks=1:detect_stack_use_after_return=1',
  UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
  // LLVM's OpenMP would let the second thread of a program spin for 200 ms after it.
  KMP_BLOCKTIME: '0',
};

function emptied(name) {
  const made = path.join(folder, name);
  rmSync(made, { recursive: true, force: true });
  mkdirSync(made, { recursive: true });
  return made;
}

/** Minimises what broke the target, and keeps it in the corpus for ever. */
function keepFinding(fuzzer, finding) {
  const small = path.join(path.dirname(finding), `small-${path.basename(finding)}`);
  run(fuzzer, ['-minimize_crash=1', '-max_total_time=30', `-exact_artifact_path=${small}`, ...limits, finding], env);
  const kept = existsSync(small) ? small : finding;
  const name = createHash('sha256').update(readFileSync(kept)).digest('hex').slice(0, 12);
  const regression = path.join(corpus, `regression-${name}`);
  copyFileSync(kept, regression);
  console.log(`${path.basename(finding)} -> ${path.relative('.', regression)}`);
}

function fuzz(fuzzer) {
  const findings = emptied('findings');
  mkdirSync(grown, { recursive: true });
  const seconds = Math.round(60 * Number(values.minutes));
  const args = [`-max_total_time=${seconds}`, `-seed=${values.seed}`, `-artifact_prefix=${findings}/`];
  const status = run(fuzzer, [...args, '-print_final_stats=1', ...limits, grown, corpus], env);
  for (const finding of readdirSync(findings)) keepFinding(fuzzer, path.join(findings, finding));
  process.exitCode = status === 0 ? 0 : 1;
}

/** Leaves in the corpus, of its files and those of `folders`, few that reach every branch that they all do. */
function cover(fuzzer, folders) {
  const chosen = emptied('chosen');
  for (const file of readdirSync(corpus).filter((file) => file.startsWith('regression-'))) {
    copyFileSync(path.join(corpus, file), path.join(chosen, file));
  }
  // Not how often a branch is taken: that would take thousands of files.
  mustRun(fuzzer, ['-set_cover_merge=1', '-use_counters=0', ...limits, chosen, corpus, ...folders], env);
  rmSync(corpus, { recursive: true });
  mkdirSync(corpus);
  for (const file of readdirSync(chosen)) copyFileSync(path.join(chosen, file), path.join(corpus, file));
}

/** The programs that the tests compile, as files. */
function programsOfTests() {
  const programs = emptied('programs-of-tests');
  // One process for all suites would run out of heap.
  const jest = ['node_modules/jest/bin/jest.js', '--maxWorkers', '2', '--workerIdleMemoryLimit', '1GB', ...suites];
  const setup = ['--setupFiles', './test/native/fuzz/dump-programs.ts'];
  mustRun(process.execPath, [...jest, ...setup], { ...process.env, GDWS_PROGRAMS: path.resolve(programs) });
  return programs;
}

if (values.coverage) {
  reportCoverage(corpus);
} else {
  const fuzzer = build(folder, 'fuzz_programs', ['-DGDWS_SANITIZER=fuzzer']);
  if (values.remake) cover(fuzzer, [programsOfTests(), ...(existsSync(grown) ? [grown] : [])]);
  else if (values.merge) cover(fuzzer, [path.relative('.', values.merge)]);
  else fuzz(fuzzer);
}
