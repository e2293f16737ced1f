import fs from 'node:fs/promises';
import { Tensor } from 'onnxruntime-common';
import { quantize } from '../../benchmarks/quantized/quantize';
import { writeNpy } from '../../src';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { decodeModel } from '../../src/onnx/read';
import { encodeModel } from '../../src/onnx/write';
import { temporaryFolder } from '../onnx/temporary-folder';
import { Random } from '../operators/random';
import { inProcess } from './in-process';
import { spreadOver } from './small-classifier';

const folder = temporaryFolder();
const [dense, int8, sorting] = ['dense.onnx', 'int8.onnx', 'sorting.onnx'].map((name) => folder.file(name)) as [string, string, string]; // prettier-ignore
const data = ['--data', folder.file('images.npy'), '--labels', folder.file('labels.npy')];
const pgd = [...data, '--attack', 'pgd', '--eps', '0.02', '--steps', '3', '--threads', '1'];

interface Document {
  readonly models: {
    readonly model: string;
    readonly robust: { readonly successes: number };
    readonly standing: number[];
    readonly ways: { attack: string; norm?: string; madeOn?: string; robust: object; standing: number[] }[];
  }[];
}

beforeAll(async () => {
  const count = 12;
  const pixels = new Random(5).floats([count, 3, 8, 8], 0, 1).data as Float32Array;
  const images = new Tensor('float32', pixels, [count, 3, 8, 8]);
  const { model, labels } = await spreadOver(pixels, 8);
  await fs.writeFile(dense, model);
  await fs.writeFile(int8, encodeModel(await quantize(decodeModel(model), { feeds: { x: images } })));
  await writeNpy(folder.file('images.npy'), images);
  await writeNpy(folder.file('labels.npy'), new Tensor('int32', Int32Array.from(labels), [count]));
  const nodes = [
    makeNode({ opType: 'Flatten', input: ['x'], output: ['rows'] }),
    makeNode({ opType: 'ArgMax', input: ['rows'], output: ['order'], attributes: { axis: 1, keepdims: 0 } }),
    makeNode({ opType: 'Gather', input: ['rows', 'order'], output: ['y'], attributes: { axis: 0 } }),
  ];
  const inputs = [makeValueInfo('x', 'float32', [1, 3, 8, 8])];
  const outputs = [makeValueInfo('y', 'float32', [1, 192])];
  await fs.writeFile(sorting, encodeModel(makeModel({ nodes, inputs, outputs })));
});

test('the least counts of the attack, of images of the models beside it, and of Square', async () => {
  const { code, stdout, stderr } = await inProcess('evaluate', int8, dense, ...pgd, '--queries', '30', '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [rounded, float] = (JSON.parse(stdout) as Document).models;
  expect(rounded!.ways.map(({ attack, norm, madeOn }) => [attack, norm, madeOn])).toEqual([
    ['pgd', 'linf', undefined],
    ['pgd', 'linf', dense],
    ['square', 'linf', undefined],
  ]);
  expect(float!.ways.map(({ attack, madeOn }) => [attack, madeOn])).toEqual([
    ['pgd', undefined],
    ['square', undefined],
  ]);
  for (const { standing, ways, robust } of [rounded!, float!]) {
    expect(standing).toEqual(standing.map((_, image) => Math.min(...ways.map((way) => way.standing[image]!))));
    expect(robust.successes).toBe(standing.filter(Boolean).length);
  }
});

test('tables say each way', async () => {
  const { code, stdout, stderr } = await inProcess(
    'evaluate',
    int8,
    '--transfer-from',
    dense,
    ...pgd,
    '--queries',
    '5',
  );
  expect(code).toBe(0);
  const ways = stdout.slice(stdout.indexOf('What counts: the least, image by image'));
  expect(ways).toMatch(/int8\.onnx +pgd, linf +itself +\d/);
  expect(ways).toMatch(/int8\.onnx +pgd, linf +\S+dense\.onnx +\d/);
  expect(ways).toMatch(/int8\.onnx +square, linf +itself +\d/);
  // What is attacked only for its images is no model of the table.
  expect(stdout).not.toMatch(/^ +\S+dense\.onnx/m);
  expect(stderr).not.toContain('warning');
});

test('a model of floats alone is attacked as before', async () => {
  const { stdout } = await inProcess('evaluate', dense, ...pgd);
  expect(stdout).not.toContain('What counts');
  const transferred = await inProcess('evaluate', dense, ...pgd, '--transfer-from', int8);
  expect(transferred.stdout).toMatch(/dense\.onnx +pgd, linf +\S+int8\.onnx/);
});

test('without a model of floats, a warning says what is missing', async () => {
  const { code, stdout, stderr } = await inProcess('evaluate', int8, ...pgd, '--queries', '5');
  expect(code).toBe(0);
  expect(stdout).toContain('square, linf');
  expect(stderr).toContain('is quantized; name the model that it was made of, for its images: --transfer-from');
});

test('models that cannot be differentiated are attacked by Square, and by nothing else', async () => {
  const one = ['--count', '1', '--eps', '0.1'];
  await writeNpy(folder.file('zero.npy'), new Tensor('int32', new Int32Array(12), [12]));
  const labelled = ['--data', folder.file('images.npy'), '--labels', folder.file('zero.npy'), ...one];
  const square = await inProcess('evaluate', sorting, ...labelled, '--attack', 'square', '--queries', '3');
  expect({ code: square.code, stderr: square.stderr }).toMatchObject({ code: 0 });
  const pgdOf = await inProcess('evaluate', sorting, ...labelled, '--attack', 'pgd');
  expect(pgdOf.code).toBe(1);
  expect(pgdOf.stderr).toContain('the attack square needs no gradient');
});

test.each([
  [[dense, ...pgd, '--queries', '9'], 'squareQueries is 9, and pgd needs no square'],
  [[dense, ...data, '--queries', '9'], 'queries given without an attack'],
  [[dense, ...data, '--transfer-from', 'other.onnx'], '--transfer-from belongs to --attack'],
  [[int8, ...pgd, '--transfer-from', folder.file('absent.onnx')], 'absent.onnx'],
])('%#: what does not fit is named', async (args, message) => {
  const { code, stderr } = await inProcess('evaluate', ...args);
  expect(code).toBeGreaterThan(0);
  expect(stderr).toContain(message);
});
