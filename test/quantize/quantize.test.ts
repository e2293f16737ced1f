import fs from 'node:fs';
import path from 'node:path';
import { networks, type NetworkName, type NetworkOptions } from '../../benchmarks/networks';
import type { CompressOptions } from '../../src';
import { calibrationImages } from '../../src/calibrate/images';
import { Graph } from '../../src/graph/graph';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { encodeModel } from '../../src/onnx/write';
import { quantize } from '../../src/quantize/quantize';
import { floats } from '../graph/small-network';
import { compress, kernelsOf, onnxruntime, outputs, photographs, relativeError } from './subjects';

const calibration = photographs(24, [3, 32, 32]);
const others = photographs(16, [3, 32, 32], 2);

describe('networks', () => {
  const cases: readonly (readonly [NetworkName, NetworkOptions, Partial<CompressOptions>, number])[] = [
    ['resnet18-cifar', {}, {}, 0.01],
    ['resnet18-cifar', {}, { macs: 0.5 }, 0.5],
    ['vgg16-cifar', {}, {}, 0.01],
    ['wrn28-4-cifar', {}, {}, 0.02],
    ['resnet50-cifar', { kernels: 2 }, {}, 0.05],
  ];

  test.each(cases)(
    '%s %p, %p: as in floats, and as in onnxruntime',
    async (name, of, goal, most) => {
      const { model } = networks[name]({ width: 1 / 8, ...of });
      const compressed = await compress(model, { int8: true, ...goal, calibration: { images: calibration } });
      const expected = await outputs(model, others);
      const found = await outputs(compressed.model, others);
      expect(relativeError(found, expected)).toBeLessThan(most);

      const theirs = await onnxruntime(compressed.model, others);
      // A tie that is rounded to the other side changes a byte, and those after it.
      expect(relativeError(found, theirs)).toBeLessThan(1e-3);

      const kernels = await kernelsOf(compressed.model, others);
      for (const kind of ['convolution', 'gdws', 'matmul']) {
        expect(kernels.filter((kernel) => kernel.startsWith(`${kind}.`))).toEqual([]);
      }
      const isSeparable = of.kernels !== undefined || 'macs' in goal;
      expect(kernels.some((kernel) => kernel.startsWith('integerGdws.'))).toBe(isSeparable);
      expect(compressed.summary.quantization!.inFloats).toEqual([]);
    },
    180_000,
  );

  test('the bundled network of digits', async () => {
    const file = path.join(__dirname, '../../examples/robust-mnist.onnx');
    const digits = photographs(32, [1, 28, 28], 3);
    const { model, summary } = await compress(file, { int8: true, macs: 0.5, calibration: { images: digits } });
    expect(summary.bytes.after).toBeLessThan(0.35 * fs.statSync(file).size);
    const kernels = await kernelsOf(model, digits);
    expect(kernels).toContain('integerGdws.fused');
  });
});

test('pointwise stages too wide for a fit are rounded for the kernels as these are scaled', async () => {
  const { model } = networks['vgg16-cifar']({ width: 1 / 8, kernels: 2 });
  const inputs = calibrationImages(calibration, 24);
  const { model: quantized, products } = await quantize(model, model, inputs, {
    ...{ threads: 1, seed: 0, liveBytes: 1e9, momentBytes: 0 },
    onProduct: () => {},
    throwIfAborted: () => {},
  });
  expect(products.map(({ method }) => method)).not.toContain('fitted');
  expect(products.map(({ method }) => method)).toContain('depthwise stage');
  expect(relativeError(await outputs(quantized, others), await outputs(model, others))).toBeLessThan(0.02);
});

describe('each step', () => {
  test('makes the network more like that of floats', async () => {
    const { model } = networks['resnet18-cifar']({ width: 1 / 8 });
    const expected = await outputs(model, others);
    const quantized = await compress(model, { int8: true, calibration: { images: calibration } });
    const fine = relativeError(await outputs(quantized.model, others), expected);
    expect(fine).toBeLessThan(0.01);
    // The last product is what the network gives: its error is that of the whole network, on the images calibrated on.
    const seen = await outputs(model, calibration);
    const last = quantized.summary.quantization!.products.at(-1)!;
    const variance = relativeError(await outputs(quantized.model, calibration), seen);
    expect(last.error! / variance).toBeGreaterThan(0.3);
    expect(last.error! / variance).toBeLessThan(3);
  });

  test('of two equal sizes, the constants of both networks are told apart', async () => {
    // Both networks run in one session, which knows constants by their numbers: this one's layers are all of one size.
    const nodes = [];
    const initializers: Record<string, ReturnType<typeof floats>> = {};
    for (let i = 0; i < 4; ++i) {
      initializers[`w${i}`] = floats([3, 3, 3, 3], i + 1);
      nodes.push(
        makeNode({
          opType: 'Conv',
          name: `c${i}`,
          input: [i ? `r${i - 1}` : 'x', `w${i}`],
          output: [`y${i}`],
          attributes: { pads: [1, 1, 1, 1] },
        }),
        makeNode({ opType: 'Relu', name: `n${i}`, input: [`y${i}`], output: [`r${i}`] }),
      );
    }
    const model = makeModel({
      nodes,
      inputs: [makeValueInfo('x', 'float32', ['N', 3, 16, 16])],
      outputs: [makeValueInfo('r3', 'float32', ['N', 3, 16, 16])],
      initializers,
    });
    const images = photographs(16, [3, 16, 16], 5);
    const quantized = await compress(model, { int8: true, macs: 0.6, calibration: { images }, firstLayer: true });
    const plain = await compress(model, { macs: 0.6, calibration: { images }, firstLayer: true });
    const expected = await outputs(model, images);
    const inFloats = relativeError(await outputs(plain.model, images), expected);
    expect(relativeError(await outputs(quantized.model, images), expected)).toBeLessThan(1.2 * inFloats + 0.01);
  });
});

describe('what is quantized', () => {
  const conv = (name: string, x: string, w: string, y: string) =>
    makeNode({ opType: 'Conv', name, input: [x, w], output: [y], attributes: { pads: [1, 1, 1, 1] } });
  const inputs = [makeValueInfo('x', 'float32', ['N', 3, 8, 8])];
  const images = photographs(8, [3, 8, 8], 7);

  test('nothing before the first product or behind the last one', async () => {
    const model = makeModel({
      nodes: [
        makeNode({ opType: 'Sigmoid', input: ['x'], output: ['s'] }),
        conv('first', 's', 'w', 'a'),
        makeNode({ opType: 'Sigmoid', input: ['a'], output: ['b'] }),
        conv('second', 'b', 'w', 'c'),
        makeNode({ opType: 'Sigmoid', input: ['c'], output: ['d'] }),
      ],
      inputs,
      outputs: [makeValueInfo('d', 'float32', ['N', 3, 8, 8])],
      initializers: { w: floats([3, 3, 3, 3]) },
    });
    const quantized = await compress(model, { int8: true, calibration: { images } });
    const graph = new Graph(quantized.model);
    const read = graph.nodes.filter(({ opType }) => opType === 'QuantizeLinear').map(({ input }) => input[0]);
    expect(read).toEqual(['s', 'a', 'b']);
    const expected = await outputs(model, images);
    expect(relativeError(await outputs(quantized.model, images), expected)).toBeLessThan(0.01);
  });

  test('nodes that are excluded stay in floats, and are named with the reason', async () => {
    const model = makeModel({
      nodes: [
        conv('first', 'x', 'w', 'a'),
        makeNode({ opType: 'Softmax', name: 'soft', input: ['a'], output: ['b'], attributes: { axis: 1 } }),
        conv('second', 'b', 'w', 'c'),
      ],
      inputs,
      outputs: [makeValueInfo('c', 'float32', ['N', 3, 8, 8])],
      initializers: { w: floats([3, 3, 3, 3]) },
    });
    const { summary } = await compress(model, { int8: true, int8Exclude: ['fir*'], calibration: { images } });
    expect(summary.quantization!.products.map(({ node }) => node)).toEqual(['second']);
    expect(summary.quantization!.inFloats).toEqual([{ node: 'first', operator: 'Conv', reason: 'excluded' }]);
    const whole = await compress(model, { int8: true, calibration: { images } });
    expect(whole.summary.quantization!.inFloats).toEqual([
      { node: 'soft', operator: 'Softmax', reason: 'no integer form' },
    ]);
  });

  test('nodes without names are excluded by that of their output, also where it is renamed', async () => {
    const unnamed = makeNode({ opType: 'Conv', input: ['a', 'w'], output: ['z'], attributes: { pads: [1, 1, 1, 1] } });
    const model = makeModel({
      nodes: [conv('first', 'x', 'w', 'a'), unnamed, makeNode({ opType: 'Identity', input: ['z'], output: ['y'] })],
      inputs,
      outputs: [makeValueInfo('y', 'float32', ['N', 3, 8, 8])],
      initializers: { w: floats([3, 3, 3, 3]) },
    });
    const { summary } = await compress(model, { int8: true, int8Exclude: ['z'], calibration: { images } });
    expect(summary.quantization!.inFloats).toEqual([{ node: 'z', operator: 'Conv', reason: 'excluded' }]);
    expect(summary.layers.map(({ name, format }) => [name, format])).toEqual([
      ['first', 'int8'],
      ['z', 'float32'],
    ]);
  });

  test('an output that is also read keeps its name, in floats', async () => {
    const model = makeModel({
      nodes: [conv('first', 'x', 'w', 'a'), conv('second', 'a', 'w', 'c')],
      inputs,
      outputs: [makeValueInfo('a', 'float32', ['N', 3, 8, 8]), makeValueInfo('c', 'float32', ['N', 3, 8, 8])],
      initializers: { w: floats([3, 3, 3, 3]) },
    });
    const quantized = await compress(model, { int8: true, calibration: { images } });
    expect(quantized.model.graph!.output.map(({ name }) => name)).toEqual(['a', 'c']);
    const expected = await outputs(model, images);
    expect(relativeError(await outputs(quantized.model, images), expected)).toBeLessThan(0.01);
  });

  test('a model of an older operator set is upgraded', async () => {
    const model = makeModel({
      nodes: [
        conv('first', 'x', 'w', 'a'),
        makeNode({ opType: 'Clip', input: ['a'], output: ['b'], attributes: { min: { float: 0 }, max: { float: 6 } } }),
        conv('second', 'b', 'w', 'c'),
      ],
      inputs,
      outputs: [makeValueInfo('c', 'float32', ['N', 3, 8, 8])],
      initializers: { w: floats([3, 3, 3, 3]) },
      opset: 9,
    });
    const before = encodeModel(model);
    const quantized = await compress(model, { int8: true, calibration: { images } });
    expect(encodeModel(model)).toEqual(before);
    expect(new Graph(quantized.model).opset).toBe(13);
    const expected = await outputs(model, images);
    expect(relativeError(await outputs(quantized.model, images), expected)).toBeLessThan(0.01);
    expect(relativeError(await onnxruntime(quantized.model, images), expected)).toBeLessThan(0.01);
  });

  test('products that are no single operation are rounded to the nearest', async () => {
    const model = makeModel({
      nodes: [
        conv('first', 'x', 'w', 'a'),
        makeNode({
          opType: 'ConvTranspose',
          name: 'up',
          input: ['a', 't'],
          output: ['b'],
          attributes: { strides: [2, 2] },
        }),
        makeNode({ opType: 'Reshape', input: ['b', 'shape'], output: ['rows'] }),
        makeNode({ opType: 'MatMul', name: 'head', input: ['rows', 'm'], output: ['c'] }),
      ],
      inputs,
      outputs: [makeValueInfo('c', 'float32', ['N', 64, 4])],
      initializers: {
        w: floats([3, 3, 3, 3]),
        t: floats([3, 3, 2, 2], 2),
        m: floats([12, 4], 3),
        shape: { type: 'int64', dims: [3], data: BigInt64Array.of(0n, 64n, 12n) },
      },
    });
    const quantized = await compress(model, { int8: true, calibration: { images } });
    const methods = quantized.summary.quantization!.products.map(({ node, method }) => [node, method]);
    expect(methods).toEqual([
      ['first', 'fitted'],
      ['up', 'nearest'],
      ['head', 'fitted'],
    ]);
    const expected = await outputs(model, images);
    expect(relativeError(await outputs(quantized.model, images), expected)).toBeLessThan(0.01);
    expect(relativeError(await onnxruntime(quantized.model, images), expected)).toBeLessThan(0.01);
  });
});

describe('refusals', () => {
  const { model } = networks['resnet18-cifar']({ width: 1 / 8 });

  test('without images', async () => {
    await expect(compress(model, { int8: true })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      remedy: expect.stringContaining('--calib') as string,
    });
  });

  test('int8Exclude without int8', async () => {
    await expect(compress(model, { macs: 0.5, int8Exclude: ['x'] })).rejects.toThrow('belongs to int8');
  });

  test('images of another shape', async () => {
    const images = photographs(4, [1, 16, 16]);
    await expect(compress(model, { int8: true, calibration: { images } })).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
    });
  });

  test('a network that is quantized already', async () => {
    const quantized = await compress(model, { int8: true, calibration: { images: calibration.first(4) } });
    await expect(
      compress(quantized.model, { int8: true, calibration: { images: calibration.first(4) } }),
    ).rejects.toMatchObject({ code: 'MODEL_QUANTIZED' });
  });

  test('an operator set too old to be upgraded', async () => {
    const old = makeModel({
      nodes: [makeNode({ opType: 'Conv', input: ['x', 'w'], output: ['y'] })],
      inputs: [makeValueInfo('x', 'float32', ['N', 3, 8, 8])],
      outputs: [makeValueInfo('y', 'float32', ['N', 3, 6, 6])],
      initializers: { w: floats([3, 3, 3, 3]) },
      opset: 6,
    });
    const images = photographs(4, [3, 8, 8]);
    await expect(compress(old, { int8: true, calibration: { images } })).rejects.toMatchObject({
      code: 'OPERATOR_UNSUPPORTED',
      remedy: expect.stringContaining('13') as string,
    });
  });

  test('a signal stops it', async () => {
    const images = calibration;
    await expect(
      compress(model, { int8: true, calibration: { images }, signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
