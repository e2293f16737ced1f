import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Tensor, writeNpy } from '../../src';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { encodeModel } from '../../src/onnx/write';
import { bundled, gdws } from './command';

let folder: string;
const ok = ['--data', 'images.npy', '--labels', 'labels.npy'];
const attacked = [...ok, '--attack', 'pgd'];

beforeAll(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'gdws-refusals-'));
  const write = (name: string, type: 'float32' | 'int32', dims: number[], value: (at: number) => number) => {
    const count = dims.reduce((product, dim) => product * dim, 1);
    const data = Array.from({ length: count }, (_, at) => value(at));
    const elements = type === 'float32' ? Float32Array.from(data) : Int32Array.from(data);
    return writeNpy(path.join(folder, name), new Tensor(type, elements as Float32Array, dims));
  };
  const images = [2, 1, 28, 28];
  await write('images.npy', 'float32', images, (at) => (at % 7) / 7);
  await write('nan.npy', 'float32', images, (at) => (at === 900 ? NaN : 0));
  await write('above.npy', 'float32', images, (at) => (at === 900 ? 1.5 : 0));
  await write('wide.npy', 'float32', [2, 3, 32, 32], () => 0);
  await write('none.npy', 'float32', [0, 1, 28, 28], () => 0);
  await write('labels.npy', 'int32', [2], (at) => at);
  await write('beyond.npy', 'int32', [2], (at) => 10 * at);
  await write('three.npy', 'int32', [3], (at) => at);
  await write('no-labels.npy', 'int32', [0], (at) => at);
  const model = (name: string, nodes: ReturnType<typeof makeNode>[], output: (string | number)[]) =>
    fs.writeFile(
      path.join(folder, name),
      encodeModel(
        makeModel({
          nodes,
          inputs: [makeValueInfo('x', 'float32', ['n', 1, 28, 28])],
          outputs: [makeValueInfo('y', 'float32', output)],
        }),
      ),
    );
  await model('maps.onnx', [makeNode({ opType: 'Relu', input: ['x'], output: ['y'] })], ['n', 1, 28, 28]);
  await model(
    'sorting.onnx',
    [
      makeNode({ opType: 'Flatten', input: ['x'], output: ['rows'] }),
      makeNode({ opType: 'ArgMax', input: ['rows'], output: ['order'], attributes: { axis: 1, keepdims: 0 } }),
      makeNode({ opType: 'Gather', name: 'picked', input: ['rows', 'order'], output: ['y'], attributes: { axis: 0 } }),
    ],
    ['n', 784],
  );
});
afterAll(() => fs.rm(folder, { recursive: true }));

test.each([
  [['--data', 'nan.npy', '--labels', 'labels.npy'], 'DATA_UNREADABLE', 'pixels below 0 or above 1'],
  [['--data', 'above.npy', '--labels', 'labels.npy'], 'DATA_UNREADABLE', 'pixels below 0 or above 1'],
  [['--data', 'wide.npy', '--labels', 'labels.npy'], 'SHAPE_MISMATCH', 'shape [1, 3, 32, 32]'],
  [['--data', 'none.npy', '--labels', 'no-labels.npy'], 'DATA_UNREADABLE', 'no images'],
  [['--data', 'images.npy', '--labels', 'beyond.npy'], 'ARGUMENT_INVALID', 'image 1 has label 10'],
  [['--data', 'images.npy', '--labels', 'three.npy'], 'DATA_UNREADABLE', '3 labels'],
  [[...attacked, '--eps', 'nan'], 'ARGUMENT_INVALID', "eps is 'nan'"],
  [[...attacked, '--eps', '-0.1'], 'ARGUMENT_INVALID', "eps is '-0.1'"],
  [[...attacked, '--eps', '8'], 'ARGUMENT_INVALID', 'eps is 8'],
  [[...attacked, '--eps', '1/0'], 'ARGUMENT_INVALID', "eps is '1/0'"],
  [[...attacked, '--step-size', '0'], 'ARGUMENT_INVALID', "stepSize is '0'"],
  [[...ok, '--attack', 'fgsm', '--steps', '3'], 'ARGUMENT_INVALID', "no setting 'steps'"],
  [[...ok, '--attack', 'msd', '--eps', '0.1,1,5', '--norm', 'l2'], 'ARGUMENT_INVALID', 'leave --norm out'],
] as const)('evaluate %j names what is wrong', async (args, code, message) => {
  const { stdout, stderr } = await gdws(['evaluate', bundled, ...args], { cwd: folder });
  expect(stdout).toBe('');
  expect(stderr).toContain(`error[${code}]`);
  expect(stderr).toContain(message);
});

test.each([
  ['maps.onnx', 'SHAPE_MISMATCH', 'not one row of logits'],
  ['sorting.onnx', 'GRADIENT_UNSUPPORTED', "Gather 'picked'"],
])('evaluate %s names what is wrong', async (model, code, message) => {
  const { stdout, stderr } = await gdws(['evaluate', model, ...attacked], { cwd: folder });
  expect(stdout).toBe('');
  expect(stderr).toContain(`error[${code}]`);
  expect(stderr).toContain(message);
});
