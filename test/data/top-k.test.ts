import fs from 'node:fs/promises';
import { Tensor } from 'onnxruntime-common';
import { readLabels, topK } from '../../src';
import { fromFloat32 } from '../../src/onnx/floats';
import { temporaryFolder } from '../onnx/temporary-folder';

const folder = temporaryFolder();
const logits = [1, 3, 2, 3];
const softmax = (values: number[]) => {
  const sum = values.reduce((total, value) => total + Math.exp(value), 0);
  return values.map((value) => Math.exp(value) / sum);
};

test('the largest first, of equal ones the first class, with softmax', () => {
  const [row] = topK(logits, 3, { labels: ['a', 'b', 'c', 'd'] });
  expect(row!.map(({ index, label, value }) => [index, label, value])).toEqual([
    [1, 'b', 3],
    [3, 'd', 3],
    [2, 'c', 2],
  ]);
  const expected = softmax(logits);
  row!.forEach(({ index, probability }) => expect(probability).toBeCloseTo(expected[index]!, 12));
  expect(topK(logits)[0]).toHaveLength(4);
  expect(topK(logits)[0]![0]).not.toHaveProperty('label');
});

test('large logits do not overflow', () => {
  const [row] = topK([1000, 999, -1000], 1);
  expect(row![0]!.probability).toBeCloseTo(softmax([1, 0])[0]!, 12);
});

test('rows of a tensor, each by itself', () => {
  const tensor = new Tensor('float32', Float32Array.of(1, 2, 5, 4), [2, 2, 1, 1]);
  expect(topK(tensor, 1).map((row) => row.map(({ index }) => index))).toEqual([[1], [0]]);
  const half = fromFloat32('float16', [1, 3], Float32Array.of(-1, 4, 2)) as unknown as Tensor;
  expect(topK(half, 1)[0]![0]).toMatchObject({ index: 1, value: 4 });
});

test.each([
  ['a distribution', [0.7, 0.2, 0.1], true],
  ['one of half precision', [0.7002, 0.2, 0.1001], true],
  ['one of 8 bits', [180 / 256, 51 / 256, 24 / 256], true],
  ['logits between 0 and 1', [0.7, 0.6, 0.1], false],
  ['logits that add up to 1', [2, -1.5, 0.5], false],
  ['sigmoids', [0.9, 0.8, 0.01], false],
])('%s', (_, values, isGiven) => {
  const [row] = topK(values, 1);
  expect(row![0]!.probability).toBeCloseTo(isGiven ? values[0]! : softmax(values)[0]!, 6);
});

test('all rows decide together', () => {
  const rows = new Tensor('float32', Float32Array.of(0.5, 0.5, 3, 1), [2, 2]);
  expect(topK(rows, 1)[1]![0]!.probability).toBeCloseTo(softmax([3, 1])[0]!, 6);
  expect(topK(rows, 1)[0]![0]!.probability).toBeCloseTo(0.5, 6);
  const peaked = new Tensor('float32', Float32Array.of(1, 0, 3, 1), [2, 2]);
  expect(topK(peaked, 1)[0]![0]!.probability).toBeCloseTo(softmax([1, 0])[0]!, 6);
});

test('refuses what makes no sense', () => {
  const refused = (code: string): Error => expect.objectContaining({ name: 'GdwsError', code }) as Error;
  expect(() => topK(logits, 3, { labels: ['a'] })).toThrow(refused('ARGUMENT_INVALID'));
  expect(() => topK(logits, 0)).toThrow(refused('ARGUMENT_INVALID'));
  expect(() => topK(undefined as unknown as number[])).toThrow(refused('ARGUMENT_INVALID'));
  expect(() => topK(logits, 1, { label: [] } as object)).toThrow('Did you mean labels?');
  expect(() => topK(new Tensor('float32', new Float32Array(8), [2, 2, 2]))).toThrow(refused('SHAPE_MISMATCH'));
  expect(() => topK([])).toThrow(refused('SHAPE_MISMATCH'));
});

describe('labels', () => {
  const read = async (content: string | Uint8Array) => {
    await fs.writeFile(folder.file('labels.txt'), content);
    return readLabels(folder.file('labels.txt'));
  };

  test('one a line, whatever ends it', async () => {
    expect(await read('tench, Tinca tinca\r\n  goldfish\r\n\r\nhen\r\n\r\n')).toEqual([
      ...['tench, Tinca tinca', 'goldfish', '', 'hen'],
    ]);
    expect(await read('Käfer')).toEqual(['Käfer']);
  });

  test.each([
    ['an empty file', '\n'],
    ['what is no text', Uint8Array.of(0x89, 0x50, 0xff)],
    ['a huge file', new Uint8Array(23e6)],
  ])('refuses %s', async (_, content) => {
    await expect(read(content)).rejects.toMatchObject({ code: 'DATA_UNREADABLE', file: folder.file('labels.txt') });
  });
});
