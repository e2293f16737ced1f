// Builds the addon and the kernel tests with a sanitizer, proves that it sees deliberate faults, and runs with it the
// kernel tests and the test suites that exercise native code (docs/fuzzing.md):
//   node scripts/test-sanitizers.mjs address|undefined|thread [jest's arguments]
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { availableInstructionSets } from './instruction-sets.mjs';

const suites = [
  'test/native',
  'test/program',
  'test/engine',
  'test/gradient',
  'test/linalg',
  'test/operators',
  'test/runtime',
];
/** They compile and run what is run here without Node. */
const excluded = ['kernels.full', 'aarch64.full', 'programs'].map((test) => `/test/native/${test}.test`);
const addressOptions = 'halt_on_error=1:detect_stack_use_after_return=1:allocator_may_return_null=1';

/** Each sanitizer: its compiler, its options, the library that Node must load first, and the faults it is to see. */
const sanitizers = {
  address: {
    compiler: 'g++',
    // What Node keeps until it ends would pass for leaks; test/runtime holds the addon's memory against its counters.
    options: { ASAN_OPTIONS: `detect_leaks=0:${addressOptions}` },
    program: { ASAN_OPTIONS: `detect_leaks=1:${addressOptions}` },
    runtime: 'libasan.so',
    faults: ['heap-overflow', 'use-after-free'],
    seen: 'AddressSanitizer',
    cases: 20,
  },
  undefined: {
    compiler: 'g++',
    options: { UBSAN_OPTIONS: `print_stacktrace=1:halt_on_error=1:suppressions=${suppressions('undefined')}` },
    runtime: 'libubsan.so',
    faults: ['signed-overflow', 'misaligned-load'],
    seen: 'runtime error',
    cases: 20,
  },
  thread: {
    // GCC's OpenMP is not instrumented; LLVM's tells ThreadSanitizer of its barriers by a tool of its own, Archer.
    compiler: 'clang++-14',
    options: {
      TSAN_OPTIONS: [
        'halt_on_error=1:exitcode=66:allocator_may_return_null=1:ignore_noninstrumented_modules=1',
        // LLVM's OpenMP never joins the threads of its pool.
        'report_thread_leaks=0',
        `suppressions=${suppressions('thread')}`,
      ].join(':'),
      OMP_TOOL_LIBRARIES: '/usr/lib/llvm-14/lib/libarcher.so',
    },
    runtime: 'libtsan.so',
    faults: ['thread-race', 'team-race'],
    innocent: ['team-barrier'],
    seen: 'ThreadSanitizer: data race',
    cases: 10,
  },
};

function suppressions(name) {
  // In quotes, for a space would end it.
  return `'${path.resolve('test/sanitizers', `${name}.supp`)}'`;
}

const [name, ...jestArguments] = process.argv.slice(2);
const sanitizer = sanitizers[name];
if (!sanitizer) {
  console.error(`Usage: node scripts/test-sanitizers.mjs ${Object.keys(sanitizers).join('|')} [jest's arguments]`);
  process.exit(2);
}
const folder = path.resolve('build', `sanitize-${name}`);
/** Where teams have the engine's own threads. */
const ownTeams = `${folder}-teams`;

function run(command, args, env = process.env) {
  const { status, signal, error } = spawnSync(command, args, { stdio: 'inherit', env });
  if (error) throw error;
  if (status === 0) return;
  console.error(`${path.basename(command)} ended with ${status ?? signal} under the ${name} sanitizer.`);
  process.exit(1);
}

function build() {
  const targets = ['gdws', 'kernel_tests', 'replay_programs', 'fault', 'fault_addon'];
  for (const [where, options, wanted] of [
    [folder, [], targets],
    [ownTeams, ['-DGDWS_OPENMP=OFF'], ['team_tests']],
  ]) {
    const configured = [`-DCMAKE_CXX_COMPILER=${sanitizer.compiler}`, `-DGDWS_SANITIZER=${name}`, '-DGDWS_TESTS=ON'];
    run('cmake', ['-S', '.', '-B', where, ...configured, ...options]);
    run('cmake', ['--build', where, '--parallel', '2', '--target', ...wanted]);
  }
}

/** The sanitizer's runtime of GCC, which Node, not being built with it, must load before everything else. */
function runtime() {
  const found = execFileSync('g++', [`-print-file-name=${sanitizer.runtime}`], { encoding: 'utf8' }).trim();
  if (!path.isAbsolute(found) || !existsSync(found)) throw new Error(`GCC has no ${sanitizer.runtime}.`);
  return found;
}

const inProgram = { ...process.env, ...sanitizer.options, ...sanitizer.program };
const inNode = {
  ...process.env,
  ...sanitizer.options,
  LD_PRELOAD: runtime(),
  GDWS_ADDON: path.join(folder, 'gdws.node'),
  GDWS_SANITIZER: name,
};

/** Commits a fault in a program and in an addon, and ends where it goes unseen, or where what is none is seen. */
function proveSight(fault, isFault) {
  const addon = `require(${JSON.stringify(path.join(folder, 'fault.node'))})`;
  const ways = [
    { where: 'a program', words: [path.join(folder, 'fault')], env: inProgram },
    { where: 'an addon', words: [process.execPath, '-e', addon], env: inNode },
  ];
  for (const { where, words, env } of ways) {
    const [command, ...args] = words;
    const { status, stderr, error } = spawnSync(command, args, {
      env: { ...env, GDWS_FAULT: fault },
      encoding: 'utf8',
    });
    if (error) throw error;
    const isSeen = status !== 0 && stderr.includes(sanitizer.seen);
    if (isFault ? isSeen : status === 0) continue;
    console.error(`The ${name} sanitizer ${isFault ? 'does not see' : 'takes for a fault'} ${fault} in ${where}.`);
    console.error(`It ended with ${status}. ${stderr}`);
    process.exit(1);
  }
  console.log(`The ${name} sanitizer ${isFault ? 'sees' : 'accepts'} ${fault} in a program and in an addon.`);
}

build();
for (const fault of sanitizer.faults) proveSight(fault, true);
for (const innocent of sanitizer.innocent ?? []) proveSight(innocent, false);

console.log("Teams of the engine's own threads:");
run(path.join(ownTeams, 'team_tests'), ['3', '300'], inProgram);

for (const cap of availableInstructionSets()) {
  console.log(`Kernel tests, instruction sets up to ${cap}:`);
  const cases = ['--cases', String(sanitizer.cases)];
  run(path.join(folder, 'kernel_tests'), cases, { ...inProgram, GDWS_MAX_ISA: cap });
}

console.log('The corpus of programs, and mutants:');
const corpus = 'test/native/fuzz/corpus';
const programs = readdirSync(corpus).map((file) => path.join(corpus, file));
const mutants = ['--seconds', '20', '--mutant', path.join(folder, 'last-mutant')];
run(path.join(folder, 'replay_programs'), [...mutants, ...programs], inProgram);

const jest = path.resolve('node_modules/jest/bin/jest.js');
const present = suites.filter((suite) => existsSync(suite));
// One process: the sanitizer's report comes from it, and the memory of several would not fit.
const args = ['--runInBand', '--testPathIgnorePatterns', ...excluded, '--testTimeout', '600000'];
run(process.execPath, [jest, ...present, ...args, ...jestArguments], inNode);
