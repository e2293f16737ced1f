import fs from 'node:fs';
import type { Conditions } from '../../../src/robustness/shards/conditions';
import type { Outcomes } from '../../../src/robustness/shards/outcomes';
import { ProgressFile } from '../../../src/robustness/shards/progress-file';
import { sealed } from '../../../src/robustness/shards/sealed';
import { temporaryFolder } from '../../onnx/temporary-folder';

const folder = temporaryFolder();
const file = folder.file('part.json.progress');
const conditions: Conditions = {
  ...{ version: '1.2.3', models: [{ model: 'm.onnx', sha256: ['ab'] }], seed: 0, batch: 1 },
  data: { images: 40, dims: [1, 2, 2], sha256: 'cd' },
  ...{ instructionSet: 'avx2', threads: 2 },
};
/** Images 16 to 40 in groups of 8. */
const origin = { shard: { number: 2, of: 2 }, conditions };
const group = (first: number): Outcomes => ({
  ...{ first, images: 8, total: 40 },
  models: [{ name: 'm.onnx', correct: '01011101', passes: { forward: 8, backward: 0 }, seconds: 0.125 * first }],
});

beforeEach(async () => {
  fs.rmSync(file, { force: true });
  const progress = await ProgressFile.open(file, origin);
  expect(progress.finished).toEqual([]);
  for (const first of [16, 24]) await progress.append(group(first));
  await progress.close();
});

async function finishedIn(): Promise<readonly Outcomes[]> {
  const progress = await ProgressFile.open(file, origin);
  await progress.close();
  return progress.finished;
}

test('what was appended is there again, and more can be', async () => {
  const progress = await ProgressFile.open(file, origin);
  expect(progress.finished).toEqual([group(16), group(24)]);
  await progress.append(group(32));
  await progress.close();
  expect(await finishedIn()).toEqual([16, 24, 32].map(group));
});

test('of a record that is cut anywhere, nothing is left', async () => {
  const whole = fs.readFileSync(file);
  const ends = [...whole.keys()].filter((at) => whole[at] === 10).map((at) => at + 1);
  for (let length = ends[0]!; length <= whole.length; ++length) {
    fs.writeFileSync(file, whole.subarray(0, length));
    const records = ends.filter((end) => end <= length).length - 1;
    expect(await finishedIn()).toEqual([16, 24].slice(0, records).map(group));
    // The next record begins a line.
    expect(fs.readFileSync(file)).toEqual(whole.subarray(0, ends[records]));
  }
});

test('a byte that changed is noticed, and what follows it is dropped', async () => {
  const whole = fs.readFileSync(file);
  const [head, first] = [...whole.keys()].filter((at) => whole[at] === 10);
  for (let at = head! + 1; at < whole.length; at += 3) {
    const changed = Buffer.from(whole);
    changed[at]! ^= 1;
    fs.writeFileSync(file, changed);
    expect(await finishedIn()).toEqual(at <= first! ? [] : [group(16)]);
  }
});

test('two processes at one shard write the same twice', async () => {
  const [head, ...records] = fs.readFileSync(file, 'utf8').split('\n').slice(0, -1);
  fs.writeFileSync(file, `${[head, records[0], records[0], records[1], records[1]].join('\n')}\n`);
  expect(await finishedIn()).toEqual([16, 24].map(group));
  // One of them began later.
  fs.writeFileSync(file, `${[head, records[1]].join('\n')}\n`);
  expect(await finishedIn()).toEqual([]);
});

test.each<[string, Partial<typeof origin> | Partial<Conditions>, string]>([
  ['seed', { seed: 1 }, '--seed (0, and 1)'],
  ['batch', { batch: 2 }, '--batch (1, and 2)'],
  ['version', { version: '1.2.4' }, 'version of gdws ("1.2.3", and "1.2.4")'],
  ['models', { models: [{ model: 'm.onnx', sha256: ['ac'] }] }, 'models'],
  ['sources', { transferFrom: [{ model: 'n.onnx', sha256: ['ac'] }] }, 'models of --transfer-from'],
  ['data', { data: { ...conditions.data, sha256: 'ce' } }, 'images or labels'],
  ['attack', { attack: { attack: 'fgsm', norm: 'l2', eps: 1 } }, 'attack'],
  ['transfer', { transfer: true }, '--transfer (none, and true)'],
  ['queries', { squareQueries: 5 }, '--queries'],
  ['normalization', { normalization: { mean: [0.5], std: [1] } }, 'mean and std'],
  ['instructionSet', { instructionSet: 'avx512' }, 'instruction set ("avx2", and "avx512"). Results differ'],
  ['threads', { threads: 4 }, 'number of threads (2, and 4)'],
])('progress with another %s is refused by name', async (_, other, message) => {
  const opened = ProgressFile.open(file, { shard: origin.shard, conditions: { ...conditions, ...other } });
  await expect(opened).rejects.toMatchObject({ code: 'ARGUMENT_INVALID', file });
  await expect(opened).rejects.toThrow(`it differs from what is asked for in this: ${message}`);
  await expect(opened).rejects.toThrow('Or remove this file');
});

test('progress of another shard, and other files, are refused', async () => {
  const other = ProgressFile.open(file, { conditions, shard: { number: 1, of: 2 } });
  await expect(other).rejects.toThrow('this is the progress of shard 2.');
  const divided = ProgressFile.open(file, { conditions, shard: { number: 2, of: 3 } });
  await expect(divided).rejects.toThrow('it is one of 2 shards, and what is asked for one of 3.');
  for (const text of ['a letter\nto somebody\n', 'no line', '{"sha256":"00","content":{}}\n', '\n', 'null\n']) {
    fs.writeFileSync(file, text);
    await expect(finishedIn()).rejects.toMatchObject({ code: 'DATA_UNREADABLE', file });
    expect(fs.readFileSync(file, 'utf8')).toBe(text);
  }
});

test('what has a right checksum, and not what it should hold, is no progress', async () => {
  const format = 'gdws evaluation progress 1';
  const { correct, ...less } = group(16).models[0]!;
  expect(correct).toHaveLength(8);
  const head = sealed({ format, ...origin });
  const texts = [
    ...[null, {}, { format }, { format, shard: origin.shard }, { format, conditions }].map(sealed),
    ...[
      { format, shard: { number: 2 }, conditions },
      { format, ...origin, shard: null },
    ].map(sealed),
    ...[null, {}, { ...group(16), images: 9 }, { ...group(16), models: [less] }, { ...group(16), models: [null] }].map(
      (outcomes) => head + sealed(outcomes),
    ),
  ];
  for (const text of texts) {
    fs.writeFileSync(file, text);
    await expect(finishedIn()).rejects.toMatchObject({ code: 'DATA_UNREADABLE', file });
    await expect(finishedIn()).rejects.toThrow('Remove it');
  }
});
