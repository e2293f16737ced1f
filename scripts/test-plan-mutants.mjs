// Shows that the tests of memory plans can fail: builds them once for each condition of the planner, without it, and
// expects each to find a wrong plan, or one that takes another amount of memory:
//   node scripts/test-plan-mutants.mjs
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';

const compiler = process.env.CXX ?? 'c++';
const options = ['-std=c++20', '-O1', '-D_GLIBCXX_ASSERTIONS', '-Inative', '-Itest'];
const folder = path.resolve('build/plan-mutants');
const engine = ['memory_plan', 'concat_placement', 'arena', 'verify_plan'].map((name) => `native/engine/${name}.cpp`);
const tests = readdirSync('test/native/plan')
  .filter((name) => name.endsWith('.cpp'))
  .map((name) => `test/native/plan/${name}`);

const plan = 'native/engine/memory_plan.cpp';
const concat = 'native/engine/concat_placement.cpp';
const arena = 'native/engine/arena.cpp';

/** What is left out of the planner: in which file, which text, and what takes its place. */
const mutants = [
  ['a view shares the memory of its source', plan, 'if (operation.opcode == Opcode::alias) root_', 'if (false) root_'],
  ['what is given twice has one place', plan, 'if (place.kind != Place::Kind::unused) continue;', ''],
  ['an output in place is not copied', plan, 'plan_.outputCopied[k] = false;', ''],
  ['outputs, inputs and constants do not move', plan, 'place.kind == Place::Kind::unused);', 'true);'],
  ['operands are in use until they are read', plan, 'if (id >= 0) last_[root_[id]] = static_cast<int32_t>(i);', ''],
  [
    'results that nobody reads are in use when they are written',
    plan,
    'for (const int32_t id : program_.operations[i].outputs) last_[root_[id]] = static_cast<int32_t>(i);',
    '',
  ],
  [
    'views have no memory of their own',
    plan,
    'if (program_.operations[i].opcode != Opcode::alias) placeResults',
    'placeResults',
  ],
  [
    'inputs of a concatenation lie in its result',
    plan,
    'if (concatPlacements_[id].concatId >= 0) placeInConcat(id);',
    '',
  ],
  ['outputs are not in the arena', plan, 'if (plan_.places[id].kind == Place::Kind::output) continue;', ''],
  ['only result 0 overwrites', plan, 'if (k == 0 && overwriteInput', 'if (overwriteInput'],
  [
    'offsets in results within results add up',
    plan,
    'offset += concatPlacements_[outermost].offset;',
    'offset = concatPlacements_[outermost].offset;',
  ],
  [
    'the result of a concatenation has one block',
    plan,
    'if (plan_.places[outermost].kind == Place::Kind::unused) {',
    'if (plan_.places[outermost].kind != Place::Kind::output) {',
  ],
  ['what overwrites nothing', plan, 'if (operand < 0 || operand >= ', 'if (operand >= '],
  ['an operand that is not there', plan, ' || operation.inputs[operand] < 0) return false;', ') return false;'],
  ['an operand beyond the last', plan, 'operand >= operands || operation', 'operation'],
  ['only the arena is overwritten', plan, 'if (blockOf_[source] == never) return false;', ''],
  ['broadcast operands stay', plan, 'if (program_.values[source].bytes() != bytes) return false;', ''],
  ['the operand itself may be overwritten', plan, 'static_cast<int32_t>(k) == operand || ', ''],
  ['operands may be absent', plan, 'input < 0 || blockOf_', 'blockOf_'],
  [
    'operands elsewhere do not matter',
    plan,
    ' || blockOf_[root_[input]] != blockOf_[source]) continue;',
    ') continue;',
  ],
  ['operands before do not matter', plan, 'if (other < end && begin <', 'if (other < end || begin <'],
  [
    'no other operand lies there',
    plan,
    'if (other < end && begin < other + program_.values[input].bytes()) return false;',
    '(void)other;',
  ],
  [
    'no other operand lies there in part',
    plan,
    'if (other < end && begin < other + program_.values[input].bytes()) return false;',
    'if (other == begin && program_.values[input].bytes() == bytes) return false;',
  ],
  [
    'no result of which it is a part',
    plan,
    'if (other < end && begin < other + program_.values[input].bytes()) return false;',
    'if (begin <= other && other < end) return false;',
  ],
  [
    'no part of it',
    plan,
    'if (other < end && begin < other + program_.values[input].bytes()) return false;',
    'if (other <= begin && begin < other + program_.values[input].bytes()) return false;',
  ],
  [
    'only the parts that are overwritten matter',
    plan,
    'if (part.at >= end || begin >= part.at + part.bytes) continue;',
    '',
  ],
  ['parts after it do not matter', plan, 'if (part.at >= end || begin', 'if (begin'],
  [
    'parts before it do not matter',
    plan,
    'if (part.at >= end || begin >= part.at + part.bytes)',
    'if (part.at >= end)',
  ],
  ['nothing reads it later', plan, 'if (part.lastUse > now) return false;', ''],
  ['nothing reads it later, though now', plan, 'if (part.lastUse > now)', 'if (part.lastUse >= now)'],
  ['what overwrites is in use as long as it is read', plan, 'part->lastUse = last_[id];', '(void)part;'],
  ['what overwrites may be overwritten', plan, 'blockOf_[id] = blockOf_[source];\n    return', 'return'],
  ['views lie where their sources do', plan, 'plan_.places[id] = plan_.places[root_[id]];', '(void)id;'],
  ['only concatenations place their inputs', concat, 'if (operation.opcode != Opcode::concat) return false;', ''],
  ['inputs are contiguous', concat, '[](int64_t dim) { return dim == 1; }', '[](int64_t) { return true; }'],
  ['some values may not move', concat, 'mayMove[source] && ', ''],
  ['a value lies in one result', concat, ' && placements[source].concatId < 0', ''],
  ['parts are aligned', concat, ' && offset % memoryAlignment == 0', ''],
  ['offsets grow', concat, 'offset += bytes;', ''],
  ['what was in use before is free', arena, 'if (other.lastUse < part.firstUse || ', 'if ('],
  ['what comes into use later is free', arena, 'other.firstUse > part.lastUse) continue;', 'false) continue;'],
  ['what lies apart is no obstacle', arena, 'if (other.at >= begin + part.bytes || begin >= end) continue;', ''],
  ['what lies after is no obstacle', arena, 'if (other.at >= begin + part.bytes || begin', 'if (begin'],
  [
    'what lies before is no obstacle',
    arena,
    'if (other.at >= begin + part.bytes || begin >= end)',
    'if (other.at >= begin + part.bytes)',
  ],
  ['another try after each move', arena, '        moved = true;\n', ''],
  ['blocks begin aligned', arena, 'offset = alignedSize(end - part.at);', 'offset = end - part.at + 4;'],
  ['parts move with their block', arena, 'part.at += block.offset;', ''],
  [
    'scratch memory is left free',
    arena,
    'lowestOffset(block, placed, alignedSize(reservedBytes))',
    'lowestOffset(block, placed, 0)',
  ],
  [
    'the arena ends after its last block',
    arena,
    'total = std::max(total, block.offset + alignedSize(block.bytes()));',
    '',
  ],
  [
    'of many, scratch memory is left free',
    arena,
    'FreeMemory memory(alignedSize(reservedBytes));',
    'FreeMemory memory(0);',
  ],
  [
    'of many, what is read now is in use',
    arena,
    'inUse.begin()->first < use.first',
    'inUse.begin()->first <= use.first',
  ],
  ['of many, a block is in use until its last part', arena, 'use.last = std::max(use.last, part.lastUse);', ''],
  ['of many, free memory is large enough', arena, 'bySize_.lower_bound({bytes, 0})', 'bySize_.begin()'],
  ['of many, the rest stays free', arena, 'if (size > bytes) add(offset + bytes, size - bytes);', ''],
  [
    'of many, neighbours after become one',
    arena,
    'if (after != byOffset_.end() && after->first == offset + bytes) {',
    'if (false) {',
  ],
  ['of many, neighbours before become one', arena, 'if (begin + size == offset) {', 'if (false) {'],
  ['the best of three orders', arena, 'total >= bestTotal && bestTotal > 0) continue;', 'bestTotal > 0) continue;'],
];

/** What a command prints, and how it ended: by SIGTERM after `timeout` milliseconds. */
function run(command, args, timeout) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text) => (stdout += text));
    child.stderr.on('data', (text) => (stderr += text));
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ status, signal, stdout, stderr }));
  });
}

async function mustRun(command, args) {
  const { status, stderr } = await run(command, args);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}\n${stderr}`);
}

const objectOf = (source) => path.join(folder, `${path.basename(source, '.cpp')}.o`);

async function inParallel(items, work) {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

/** Milliseconds after which a planner does not end: a sound one takes two seconds. */
const maxTime = 60_000;

/** Links the test program with one object in place of another, and gives what it prints. */
async function test(name, replaced, object) {
  const program = path.join(folder, name);
  const objects = [...engine, ...tests].map((source) => (source === replaced ? object : objectOf(source)));
  await mustRun(compiler, [...objects, '-o', program]);
  return run(program, ['--programs', '1600'], maxTime);
}

for (const [, file, text] of mutants) {
  if (readFileSync(file, 'utf8').split(text).length !== 2)
    throw new Error(`"${text}" is not once in ${file}: adapt this script to it.`);
}

mkdirSync(folder, { recursive: true });
await inParallel([...engine, ...tests], (source) =>
  mustRun(compiler, [...options, '-c', source, '-o', objectOf(source)]),
);
const sound = await test('sound');
if (sound.status !== 0) throw new Error(`the planner itself fails:\n${sound.stderr}`);
const { arenaBytes } = JSON.parse(sound.stdout);

const unseen = [];
await inParallel(mutants.entries(), async ([number, [name, file, text, replacement]]) => {
  const mutated = path.join(folder, `mutant-${number}.cpp`);
  writeFileSync(
    mutated,
    readFileSync(file, 'utf8').replace(text, () => replacement),
  );
  const object = path.join(folder, `mutant-${number}.o`);
  await mustRun(compiler, [...options, '-c', mutated, '-o', object]);
  const { status, signal, stdout } = await test(`mutant-${number}`, file, object);
  const seen =
    signal === 'SIGTERM'
      ? 'no end'
      : status !== 0
        ? 'wrong plans'
        : JSON.parse(stdout).arenaBytes !== arenaBytes && 'other memory';
  if (!seen) unseen.push(name);
  console.log(`${seen || 'NOT SEEN'}: without "${name}"`);
});
console.log(`${mutants.length - unseen.length} of ${mutants.length} mutants of the planner are seen.`);
if (unseen.length > 0) process.exit(1);
