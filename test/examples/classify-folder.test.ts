import fs from 'node:fs';
import sharp from 'sharp';
import { metadataWith } from '../../src/data/preprocessing-block';
import { readModel } from '../../src/onnx/read';
import { encodeModel } from '../../src/onnx/write';
import { classifier } from '../cli/small-classifier';
import { numbers } from '../runtime/models';
import { InstalledExamples } from './installed';
import { firstOutput, softmax } from './onnxruntime';

const program = 'classify-folder/main.mjs';
const mean = [100, 110, 120];
const std = [30, 40, 50];
const labels = ['cat', 'dog, small', 'the "bird"', 'fish'];
const names = ['a.png', 'b.png', 'c.PNG'];

let examples: InstalledExamples;
beforeAll(async () => {
  examples = new InstalledExamples();
  // Large logits of each picture's own.
  const model = await readModel(classifier({ kernels: [3] }));
  model.metadataProps = metadataWith(model, { range: 255, mean, std });
  fs.writeFileSync(examples.file('model.onnx'), encodeModel(model));
  fs.writeFileSync(examples.file('labels.txt'), labels.join('\n'));
  fs.mkdirSync(examples.file('pictures'));
  for (const [index, name] of names.entries()) {
    const pixels = Uint8Array.from(numbers(8 * 8 * 3, index + 1), (value) => 127.5 * (value + 1));
    await sharp(pixels, { raw: { width: 8, height: 8, channels: 3 } })
      .png()
      .toFile(examples.file(`pictures/${name}`));
  }
  fs.writeFileSync(examples.file('pictures/notes.txt'), 'no picture');
});
afterAll(() => examples.remove());

/** Probabilities by onnxruntime, the largest first. */
async function expected(name: string, byMean = mean, byStd = std) {
  const picture = examples.file(`pictures/${name}`);
  const probabilities = softmax(await firstOutput(examples.file('model.onnx'), picture, byMean, byStd));
  return [...probabilities.entries()]
    .map(([index, probability]) => ({ index, probability }))
    .sort((one, other) => other.probability - one.probability);
}

/** Rows of CSV with quoted cells. */
const parsed = (csv: string) =>
  csv
    .trimEnd()
    .split('\n')
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!,
      ),
    );

test('CSV has the probabilities of onnxruntime, by the recipe in the model', async () => {
  const { code, stdout, stderr } = await examples.run(
    program,
    'model.onnx',
    'pictures',
    'labels.txt',
    '--csv',
    '--top',
    '4',
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [head, ...rows] = parsed(stdout);
  expect(head).toEqual(['file', 'rank', 'class', 'label', 'probability']);
  expect(rows).toHaveLength(names.length * 4);
  for (const [at, name] of names.entries()) {
    for (const [rank, { index, probability }] of (await expected(name)).entries()) {
      const row = rows[4 * at + rank]!;
      expect(row.slice(0, 4)).toEqual([name, String(rank + 1), String(index), labels[index]]);
      expect(Number(row[4])).toBeCloseTo(probability, 4);
    }
  }
});

test('a preset replaces the recipe, and people get a line for each picture', async () => {
  const { code, stdout } = await examples.run(program, 'model.onnx', 'pictures', '--preset', 'cifar10', '--top', '1');
  expect(code).toBe(0);
  const bytes = (share: number) => 255 * share;
  const lines = await Promise.all(
    names.map(async (name) => {
      const best = await expected(name, [0.4914, 0.4822, 0.4465].map(bytes), [0.247, 0.2435, 0.2616].map(bytes));
      return `${name}  ${best[0]!.index} ${(100 * best[0]!.probability).toFixed(1)} %`;
    }),
  );
  expect(stdout.trimEnd().split('\n')).toEqual(lines);
});

test('a file that is no picture does not end the others', async () => {
  fs.writeFileSync(examples.file('pictures/b.jpg'), 'a text');
  const { code, stdout, stderr } = await examples.run(program, 'model.onnx', 'pictures', '--csv', '--top', '1');
  fs.rmSync(examples.file('pictures/b.jpg'));
  expect(code).toBe(1);
  expect(stderr).toMatch(/^b\.jpg: /);
  expect(
    parsed(stdout)
      .slice(1)
      .map(([name]) => name),
  ).toEqual(names);
});

test.each([
  [['model.onnx'], 'what is wanted is'],
  [['model.onnx', 'nowhere'], 'ENOENT'],
  [['model.onnx', 'examples/server'], 'there are no pictures'],
  [['none.onnx', 'pictures'], 'none.onnx'],
  [['model.onnx', 'pictures', '--preset', 'nonsense'], 'preset'],
  [['model.onnx', 'pictures', '--nonsense'], '--nonsense'],
])('%j is refused in a line', async (args, text) => {
  const { code, stdout, stderr } = await examples.run(program, ...args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stderr).toContain(text);
});
