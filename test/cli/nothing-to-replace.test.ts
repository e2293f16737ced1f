import fs from 'node:fs/promises';
import { Tensor } from 'onnxruntime-common';
import { compress, compressWithinDrop, ImageSet, sweep, writeNpy } from '../../src';
import { temporaryFolder } from '../onnx/temporary-folder';
import { quantize } from '../../benchmarks/quantized/quantize';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import type { NodeProto } from '../../src/onnx/onnx_pb';
import { decodeModel } from '../../src/onnx/read';
import { encodeTensor } from '../../src/onnx/tensor';
import { elementCount, type Constant, type DataType } from '../../src/onnx/value';
import { encodeModel } from '../../src/onnx/write';
import { inProcess } from './in-process';
import { classifier, type ClassifierParts } from './small-classifier';

const folder = temporaryFolder();
const images = folder.file('images.npy');
const pixels = Float32Array.from({ length: 4 * 3 * 64 }, (_, at) => (at % 7) / 7);
const networks: Record<string, [parts: ClassifierParts, why: string]> = {
  none: [{ kernels: [] }, 'it has no convolution'],
  pointwise: [{ kernels: [1, 1] }, 'its convolutions stay dense: pointwise (2)'],
  separable: [{ kernels: [1, 3, 3], groups: 8 }, 'pointwise (1), depthwise (2)'],
  first: [{ kernels: [3, 1] }, 'first convolution (1), pointwise (1)'],
};
const model = (name: string) => folder.file(`${name}.onnx`);

beforeAll(async () => {
  for (const [name, [parts]] of Object.entries(networks)) await fs.writeFile(model(name), classifier(parts));
  await writeNpy(images, new Tensor('float32', pixels, [4, 3, 8, 8]));
  await writeNpy(folder.file('labels.npy'), new Tensor('int32', new Int32Array(4), [4]));
});

describe.each(Object.entries(networks))('where nothing can be compressed: %s', (name, [, why]) => {
  const whole = `the model has no convolution that may be replaced: `;
  const labelled = ['--data', images, '--labels', folder.file('labels.npy')];
  const out = ['-o', folder.file('out.onnx')];

  test.each([
    ['compress --macs', ['compress', model(name), ...out, '--macs', '0.5']],
    ['compress --params', ['compress', model(name), ...out, '--params', '0.5']],
    ['compress --latency', ['compress', model(name), ...out, '--latency', '0.5']],
    ['compress --calib', ['compress', model(name), ...out, '--macs', '0.5', '--calib', images]],
    ['compress --max-drop', ['compress', model(name), ...out, '--max-drop', '1%', ...labelled]],
    ['sweep', ['sweep', model(name), '-o', folder.file('page.html'), ...labelled, '--time', '0.01']],
    ['alpha', ['alpha', model(name), ...labelled, '-o', folder.file('alpha.json')]],
  ])('%s says so', async (_, args) => {
    const { code, stderr } = await inProcess(...args);
    expect(code).toBeGreaterThan(0);
    expect(stderr).toContain(whole);
    expect(stderr).toContain(why);
  });

  test('a bound for every layer leaves the network as it is, with a warning that says so', async () => {
    const { code, stderr } = await inProcess('compress', model(name), ...out, '--error', '0.1');
    expect(code).toBe(0);
    expect(stderr).toMatch(/^warning: no layer was replaced: .*(convolution|pointwise|depthwise)/m);
  });
});

test('the remedy works: --first-layer takes the only convolution there is', async () => {
  const { stderr } = await inProcess('compress', model('first'), '-o', folder.file('out.onnx'), '--params', '0.9');
  expect(stderr).toContain('--first-layer');
  const again = await inProcess(
    'compress',
    model('first'),
    '-o',
    folder.file('out.onnx'),
    '--params',
    '0.9',
    '--first-layer',
  );
  expect(again.code).toBe(0);
});

test('in the API it is BUDGET_OUT_OF_RANGE, before anything is measured', async () => {
  const code = 'BUDGET_OUT_OF_RANGE';
  const data = new ImageSet([3, 8, 8], pixels, new Int32Array(4));
  const onMeasured = jest.fn();
  await expect(compress(model('pointwise'), { latency: 0.5, onMeasured })).rejects.toMatchObject({ code });
  await expect(compressWithinDrop(model('none'), { maxDrop: 0.1, data })).rejects.toMatchObject({ code });
  await expect(sweep(model('separable'), { data, onStep: onMeasured, onMeasured })).rejects.toMatchObject({ code });
  expect(onMeasured).not.toHaveBeenCalled();
});

describe('a model that is quantized already', () => {
  const bytes = (dims: number[]): Constant => ({ type: 'int8', dims, data: new Int8Array(elementCount(dims)).fill(3) });
  const one: Constant = { type: 'float32', dims: [], data: Float32Array.of(1 / 64) };
  const zero: Constant = { type: 'int8', dims: [], data: Int8Array.of(0) };
  const quantizedOf = (node: NodeProto, initializers: Record<string, Constant>, type: DataType = 'int8') =>
    encodeModel(
      makeModel({
        nodes: [node],
        inputs: [makeValueInfo('x', 'int8', [1, 3, 8, 8])],
        outputs: [makeValueInfo('y', type, [1, 4, 6, 6])],
        initializers,
      }),
    );
  const forms = {
    QDQ: async () => encodeModel(await quantize(decodeModel(classifier()))),
    'QDQ of stages': async () => encodeModel(await quantize(decodeModel(classifier({ kernels: [1, 3], groups: 8 })))),
    QOperator: () =>
      quantizedOf(
        makeNode({
          opType: 'QLinearConv',
          input: ['x', 'one', 'zero', 'w', 'one', 'zero', 'one', 'zero'],
          output: ['y'],
        }),
        { w: bytes([4, 3, 3, 3]), one, zero },
      ),
    dynamic: () =>
      quantizedOf(
        makeNode({ opType: 'ConvInteger', input: ['x', 'w'], output: ['y'] }),
        { w: bytes([4, 3, 3, 3]) },
        'int32',
      ),
  };

  test.each(Object.entries(forms))('is refused: %s', async (name, make) => {
    const file = folder.file(`quantized ${name}.onnx`);
    await fs.writeFile(file, await make());
    for (const goal of [{ macs: 0.5 }, { error: 0.1 }, { beta: 0.1 }]) {
      await expect(compress(file, goal)).rejects.toMatchObject({
        code: 'MODEL_QUANTIZED',
        file,
        operator: expect.stringContaining('Conv') as string,
      });
    }
    const { code, stderr } = await inProcess('compress', file, '-o', folder.file('unwritten.onnx'), '--error', '0.1');
    expect(code).toBeGreaterThan(0);
    expect(stderr).toContain('quantized to integers already. Compress the model of floats that it was made from');
    await expect(fs.stat(folder.file('unwritten.onnx'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('only in part is compressed in its other part, and the summary says so', async () => {
    const proto = decodeModel(classifier());
    const graph = proto.graph!;
    graph.initializer = graph.initializer.filter(({ name }) => name !== 'w1');
    graph.initializer.push(encodeTensor('w1.bytes', bytes([8, 8, 3, 3])), encodeTensor('scale', one));
    graph.node.unshift(makeNode({ opType: 'DequantizeLinear', input: ['w1.bytes', 'scale'], output: ['w1'] }));
    const { summary } = await compress(proto, { macs: 0.9 });
    expect(summary.layers.map(({ status, reason }) => reason ?? status)).toEqual([
      'first convolution',
      'weights are quantized',
      'gdws',
    ]);
  });
});
