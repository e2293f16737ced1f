import * as ort from 'onnxruntime-node';
import { quantize } from '../../benchmarks/quantized/quantize';
import { seededFeeds } from '../../benchmarks/feeds';
import { inferValues } from '../../src/analysis/infer';
import { describeQuantization } from '../../src/cli/quantization-description';
import { InferenceSession, Tensor } from '../../src/engine/session';
import { Graph } from '../../src/graph/graph';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { decodeModel } from '../../src/onnx/read';
import { encodeModel } from '../../src/onnx/write';
import { constantOf } from '../../src/operators/elements';
import { motifNetwork, motifs } from './quantized-motifs';

// What quantizers meet in practice, each between two pairs of QuantizeLinear and DequantizeLinear: what of it is computed in
// floats, and that results agree with onnxruntime, which computes all of it so here.

/** Operators that have no integer form, by motif. */
const floats: Readonly<Record<string, readonly string[]>> = {
  Div: ['Div'],
  'Resize, linear': ['Resize'],
  InstanceNormalization: ['InstanceNormalization'],
  LayerNormalization: ['LayerNormalization'],
  Softmax: ['Softmax'],
  attention: ['MatMul', 'Softmax', 'MatMul'],
};

const forms = [{}, { activations: 'int8', weights: 'uint8', perChannel: false, biases: 'float32' }] as const;

test.each(Object.keys(motifs).flatMap((name) => forms.map((form) => ({ name, form }))))(
  '$name, $form',
  async ({ name, form }) => {
    const bytes = encodeModel(await quantize(motifNetwork(name), form));
    const graph = new Graph(decodeModel(bytes));
    const { floatNodes } = describeQuantization(graph, inferValues(graph, undefined))!;
    expect(floatNodes.map(({ operator }) => operator)).toEqual(floats[name] ?? []);
    const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1 });
    const theirs = await ort.InferenceSession.create(bytes, {
      intraOpNumThreads: 1,
      graphOptimizationLevel: 'disabled',
    });
    try {
      const { x } = seededFeeds(session);
      const ours = Object.values(await session.run({ x: x! }))[0]!;
      const copy = new ort.Tensor('float32', (x!.data as Float32Array).slice(), x!.dims);
      const expected = Object.values(await theirs.run({ x: copy }))[0]!;
      expect(ours.dims).toEqual(expected.dims);
      // Results are steps of a byte; a tie may be rounded to the other side, and a step before may be two after it.
      const [found, wanted] = [ours.data as Float32Array, expected.data as Float32Array];
      const [least, most] = [Math.min(...wanted), Math.max(...wanted)];
      const apart = Array.from(wanted, (one, i) => Math.abs(one - found[i]!));
      expect(Math.max(...apart)).toBeLessThan((2.5 / 255) * (most - least));
      expect(apart.filter((one) => one > 1e-6).length).toBeLessThan(0.03 * wanted.length + 2);
    } finally {
      await session.release();
      await theirs.release();
    }
  },
);

test.each(['uint8', 'int8'] as const)(
  'a maximum of padding alone is the least %s, as onnxruntime has it',
  async (type) => {
    const parameters = ['scale', 'zero'];
    const node = (opType: string, input: string[], output: string, attributes = {}) =>
      makeNode({ opType, name: output, input, output: [output], attributes });
    const model = makeModel({
      nodes: [
        node('DequantizeLinear', ['x', ...parameters], 'floats'),
        node('MaxPool', ['floats'], 'largest', { kernel_shape: [2, 2], dilations: [2, 2], pads: [1, 1, 1, 1] }),
        node('QuantizeLinear', ['largest', ...parameters], 'y'),
      ],
      inputs: [makeValueInfo('x', type, [1, 1, 1, 3])],
      outputs: [makeValueInfo('y', type, [1, 1, 1, 3])],
      initializers: { scale: constantOf('float32', [], [0.5]), zero: constantOf(type, [], [7]) },
      opset: 18,
    });
    const x = type === 'int8' ? Int8Array.of(1, 20, 3) : Uint8Array.of(1, 20, 3);
    const session = await InferenceSession.create(encodeModel(model));
    const theirs = await ort.InferenceSession.create(encodeModel(model), { logSeverityLevel: 4 });
    try {
      const ours = await session.run({ x: new Tensor(type, x, [1, 1, 1, 3]) });
      const expected = await theirs.run({ x: new ort.Tensor(type, x.slice(), [1, 1, 1, 3]) });
      expect(Array.from(ours.y!.data as Int8Array)).toEqual(new Array<number>(3).fill(type === 'int8' ? -128 : 0));
      expect(ours.y!.data).toEqual(expected.y!.data);
    } finally {
      await session.release();
      await theirs.release();
    }
  },
);
