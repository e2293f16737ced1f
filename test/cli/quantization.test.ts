import fs from 'node:fs/promises';
import { Tensor } from 'onnxruntime-common';
import { writeNpy } from '../../src';
import { Graph } from '../../src/graph/graph';
import { decodeModel } from '../../src/onnx/read';
import { floats } from '../graph/small-network';
import { ownCacheFolder } from '../latency/cache-folder';
import { withKnownTimes } from '../latency/known-times';
import { temporaryFolder } from '../onnx/temporary-folder';
import { inProcess } from './in-process';
import { spreadOver } from './small-classifier';

const cache = ownCacheFolder();
const folder = temporaryFolder();
const [model, output, calib] = [folder.file('model.onnx'), folder.file('small.onnx'), folder.file('images.npy')];
const labels = folder.file('labels.npy');
const count = 40;

beforeAll(async () => {
  const pixels = (floats([count, 3, 64], 5).data as Float32Array).map(Math.abs);
  const { model: bytes, labels: classes } = await spreadOver(pixels, 8);
  await fs.writeFile(model, bytes);
  await writeNpy(calib, new Tensor('float32', pixels, [count, 3, 8, 8]));
  await writeNpy(labels, new Tensor('int32', Int32Array.from(classes), [count]));
}, 60_000);

const operators = async () =>
  new Graph(decodeModel(await fs.readFile(output))).nodes.map(({ opType }) => opType).filter((type) => type !== 'Relu');

test('--int8 alone quantizes, and says what', async () => {
  const { code, stdout, stderr } = await inProcess('compress', model, '-o', output, '--int8', '--calib', calib);
  expect(stderr).not.toContain('error');
  expect(code).toBe(0);
  expect(stdout).toContain('int8: 4 products');
  const types = await operators();
  expect(types.filter((type) => type === 'Conv')).toHaveLength(3);
  expect(types).toContain('DequantizeLinear');
});

test('--int8 with a goal also makes it separable; --json has the same', async () => {
  const args = ['compress', model, '-o', output, '--int8', '--macs', '0.7', '--calib', calib, '--json'];
  const { code, stdout } = await inProcess(...args);
  expect(code).toBe(0);
  const summary = JSON.parse(stdout) as { quantization: { products: { method: string }[] }; macs: { after: number } };
  expect(summary.quantization.products.map(({ method }) => method)).toContain('depthwise stage');
  expect((await operators()).filter((type) => type === 'Conv').length).toBeGreaterThan(3);
});

test('--int8-exclude keeps nodes in floats, and names them', async () => {
  const args = ['compress', model, '-o', output, '--int8', '--int8-exclude', 'conv1', '--calib', calib];
  const { stdout } = await inProcess(...args);
  expect(stdout).toContain('int8: 3 products');
  expect(stdout).toContain('in floats: conv1 (Conv, excluded)');
});

test('--format qoperator writes operators on bytes', async () => {
  const args = ['compress', model, '-o', output, '--int8', '--format', 'qoperator', '--calib', calib];
  const { code } = await inProcess(...args);
  expect(code).toBe(0);
  const types = await operators();
  expect(types.filter((type) => type === 'QLinearConv')).toHaveLength(3);
  expect(types).not.toContain('DequantizeLinear');
});

test('--fastest searches in integers and in floats', async () => {
  const data = ['--data', calib, '--labels', labels, '--calib', calib, '--run-threads', '1'];
  const args = ['compress', model, '-o', output, '--fastest', '--max-drop', '60%', ...data, '--keep-anyway', '--json'];
  const { stdout } = await withKnownTimes(cache(), () => inProcess(...args));
  const { search } = JSON.parse(stdout) as { search: { format: string; trials: { format: string }[] } };
  expect(['int8', 'float32']).toContain(search.format);
  expect(search.trials.map(({ format }) => format)).toContain('int8');
}, 120_000);

describe('under attack, with the queries of the attack square that is added', () => {
  const attack = ['--eps', '0.01', '--queries', '20', '--calib', calib, '--data', calib, '--labels', labels];
  const all = ['fgsm', 'fgsm', 'square'];
  const named = ({ ways }: { ways: { attack: string }[] }) => ways.map(({ attack }) => attack);

  test('a search', async () => {
    const args = ['compress', model, '-o', output, '--int8', '--max-drop', '80%', '--calib-attack', 'fgsm', ...attack];
    const { stdout } = await inProcess(...args, '--keep-anyway', '--json');
    const { search } = JSON.parse(stdout) as { search: { heldOut: { ways: { attack: string }[] } } };
    expect(named(search.heldOut)).toEqual(all);
  }, 120_000);

  test('a sweep', async () => {
    const page = folder.file('page.html');
    const args = [
      'sweep',
      model,
      '-o',
      page,
      '--int8',
      '--attack',
      'fgsm',
      '--budgets',
      '0.7',
      '--time',
      '0.05',
      ...attack,
    ];
    const { stdout } = await inProcess(...args, '--json');
    const { networks } = JSON.parse(stdout) as { networks: { method: string; ways: { attack: string }[] }[] };
    expect(named(networks.find(({ method }) => method === 'int8')!)).toEqual(all);
    expect(named(networks[0]!)).toEqual(['fgsm', 'square']);
  }, 120_000);
});

test.each([
  [['--int8'], /int8 needs images.*--calib/],
  [['--int8-exclude', 'conv1', '--macs', '0.5'], /--int8-exclude belongs to --int8/],
  [['--format', 'qdq', '--macs', '0.5'], /--format belongs to --int8/],
  [['--int8', '--format', 'bytes', '--calib', calib], /Allowed choices are qdq, qoperator/],
  [['--fastest', '--macs', '0.5'], /--fastest belongs to --max-drop/],
  [['--fastest', '--save', 'macs', '--max-drop', '1%', '--data', calib], /--fastest saves time/],
  [[], /give images, --calib or --data/],
  [['--macs', '0.5', '--beta', '1'], /give exactly one of .* or --int8/],
])('%p: refused', async (args, message) => {
  const { code, stderr } = await inProcess('compress', model, '-o', output, ...args);
  expect(code).not.toBe(0);
  expect(stderr).toMatch(message);
});
