import fs from 'node:fs';
import path from 'node:path';
import { temporaryFolder } from '../onnx/temporary-folder';
import { bundled } from './command';
import { inProcess } from './in-process';
import { timeless } from './timeless';

const folder = temporaryFolder();
const data = path.join(path.dirname(bundled), 'mnist-test-images-idx3-ubyte');
/** 50 images, in groups of 16. */
const options = [
  ...[bundled, '--data', data, '--count', '50', '--batch', '2', '--threads', '1'],
  ...['--attack', 'pgd', '--eps', '0.3', '--steps', '3', '--seed', '5'],
];
const part = (number: number) => folder.file(`part-${number}.json`);

beforeAll(async () => {
  for (const number of [1, 2, 3]) {
    const { code, stdout, stderr } = await inProcess(
      'evaluate',
      ...options,
      '--shard',
      `${number}/3`,
      '--json',
      part(number),
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^wrote .*part-${number}.json: images \\d+ to \\d+ of 50\\n$`));
  }
});

test('shards that are merged print what one run prints, but for times', async () => {
  const whole = await inProcess('evaluate', ...options, '--json');
  const merged = await inProcess('evaluate', '--merge', part(3), part(1), part(2), '--json');
  expect(merged).toMatchObject({ code: 0, stderr: '' });
  expect(timeless(merged.stdout)).toBe(timeless(whole.stdout));
  // Both occur, or the test would say little.
  expect(merged.stdout).toMatch(/"robust": \{\s*"successes": [1-9]/);
  const written = await inProcess(
    'evaluate',
    '--json',
    folder.file('merged.json'),
    '--merge',
    part(1),
    part(2),
    part(3),
  );
  expect(written.stderr).toContain('50 images, 95 % Wilson intervals');
  expect(written.stdout).toMatch(/robust-mnist\.onnx +\d+/);
  expect(timeless(fs.readFileSync(folder.file('merged.json'), 'utf8'))).toBe(timeless(merged.stdout));
});

test('a finished shard is not evaluated again, and its file is left as it is', async () => {
  const before = fs.statSync(part(2));
  fs.writeFileSync(`${part(2)}.progress`, 'left by a kill just before the end');
  const { code, stderr } = await inProcess('evaluate', ...options, '--shard', '2/3', '--json', part(2));
  expect({ code, stderr }).toEqual({ code: 0, stderr: `${part(2)} is finished: images 17 to 32 of 50\n` });
  expect(fs.statSync(part(2))).toMatchObject({ mtimeMs: before.mtimeMs, ino: before.ino });
  expect(fs.existsSync(`${part(2)}.progress`)).toBe(false);
});

test('a shard without images is finished at once', async () => {
  const few = options.map((word) => (word === '50' ? '16' : word));
  const parts = [1, 2].map((number) => folder.file(`few-${number}.json`));
  const first = await inProcess('evaluate', ...few, '--shard', '1/2', '--json', parts[0]!);
  expect(first.stderr).toContain('no images');
  expect(first.stderr).toContain('images are divided in groups of 16');
  await inProcess('evaluate', ...few, '--shard', '2/2', '--json', parts[1]!);
  const merged = await inProcess('evaluate', '--merge', ...parts, '--json');
  const whole = await inProcess('evaluate', ...few, '--json');
  expect(timeless(merged.stdout)).toBe(timeless(whole.stdout));
});

async function changed(name: string, replace: (text: string) => string): Promise<string> {
  fs.writeFileSync(folder.file(name), replace(fs.readFileSync(part(1), 'utf8')));
  return Promise.resolve(folder.file(name));
}

test('merging refuses what is missing, double, different or changed', async () => {
  const merge = async (...files: string[]) => {
    const { code, stdout, stderr } = await inProcess('evaluate', '--merge', ...files);
    expect(stdout).toBe('');
    expect(code).toBeGreaterThan(0);
    return stderr;
  };
  expect(await merge(part(1), part(3))).toContain(
    'shard 2/3 is missing. Evaluate it, with the options of the others: --shard 2/3.',
  );
  expect(await merge(part(1), part(2), part(3), part(2))).toContain(`${part(2)}: this is shard 2/3, as is ${part(2)}.`);
  const cut = await changed('cut.json', (text) => text.slice(0, -100));
  expect(await merge(cut, part(2), part(3))).toContain('this is no shard of an evaluation, or was changed');
  const digit = await changed('digit.json', (text) => text.replace('"correct":"1', '"correct":"0'));
  expect(await merge(digit, part(2), part(3))).toContain('this is no shard of an evaluation, or was changed');
  expect(await merge(folder.file('absent.json'))).toContain('there is no such file');
  const other = folder.file('other.json');
  await inProcess('evaluate', ...options.slice(0, -1), '6', '--shard', '1/3', '--json', other);
  expect(await merge(part(2), part(3), other)).toContain(
    `${other}: it differs from ${part(2)} in this: --seed (6, and 5).`,
  );
  expect(await merge(part(1), part(2), part(3), '--seed', '5')).toContain(
    '--seed is given beside --merge. Leave it out',
  );
  expect(await merge(part(1), part(2), '--json', part(1))).toContain('the output is');
});

test('a model that changed is another one', async () => {
  const model = folder.file('model.onnx');
  const own = [model, ...options.slice(1), '--shard', '1/3', '--json', folder.file('own.json')];
  fs.copyFileSync(bundled, model);
  expect((await inProcess('evaluate', ...own)).code).toBe(0);
  // A field of the file that the engine does not look at: the producer's version.
  fs.appendFileSync(model, Buffer.from([0x1a, 1, 0x31]));
  const { code, stderr } = await inProcess('evaluate', ...own);
  expect(code).toBe(2);
  expect(stderr).toContain('it differs from what is asked for in this: models. Give all shards the same files');
  expect(stderr).toContain('Or give another name, or remove this file.');
});

test.each([
  [
    [...options, '--shard', '1/3'],
    '--shard is given without a file. Say where its outcomes are to be written: --json part-1.json.',
  ],
  [
    [...options, '--shard', '0/3', '--json', 'x.json'],
    "'0/3' is not of the form 3/16; the first is 1/16, the last 16/16",
  ],
  [[...options, '--shard', '4/3', '--json', 'x.json'], "'4/3' is not of the form"],
  [[...options, '--shard', '1', '--json', 'x.json'], "'1' is not of the form"],
  [[...options, '--shard', '3/3', '--json', part(2)], 'this is shard 2 of 3. Give each shard a file of its own.'],
  [[...options, '--shard', '1/4', '--json', part(1)], 'it is one of 3 shards, and what is asked for one of 4.'],
  [[...options, '--json=out.txt'], "'out.txt' does not end in .json"],
  [['--json', bundled], "required option '-d, --data <path>' not specified"],
  [['--merge'], "missing required argument 'models'"],
])('%#: what makes no sense is refused', async (args, message) => {
  const { code, stdout, stderr } = await inProcess('evaluate', ...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  // Commander prints to the process's stderr, too.
  expect(stderr).toContain(message);
});

test('a file that is no shard is not replaced', async () => {
  const file = folder.file('notes.json');
  fs.writeFileSync(file, '{"mine": true}');
  const { code, stderr } = await inProcess('evaluate', ...options, '--shard', '1/3', '--json', file);
  expect(code).toBe(1);
  expect(stderr).toContain('this is no shard of an evaluation, or was changed');
  expect(fs.readFileSync(file, 'utf8')).toBe('{"mine": true}');
});

test('--json in front of the models is a flag, and no model is replaced', async () => {
  const before = fs.readFileSync(bundled);
  const { code, stdout } = await inProcess(
    'evaluate',
    '--json',
    bundled,
    '--data',
    data,
    '--count',
    '2',
    '--threads',
    '1',
  );
  expect(code).toBe(0);
  expect((JSON.parse(stdout) as { models: { model: string }[] }).models.map(({ model }) => model)).toEqual([bundled]);
  expect(fs.readFileSync(bundled).equals(before)).toBe(true);
});
