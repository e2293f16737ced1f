import * as ort from 'onnxruntime-node';
import { quantize } from '../../benchmarks/quantized/quantize';
import { seededFeeds } from '../../benchmarks/feeds';
import { inferValues } from '../../src/analysis/infer';
import { describeQuantization } from '../../src/cli/quantization-description';
import { InferenceSession } from '../../src/engine/session';
import { Graph } from '../../src/graph/graph';
import { decodeModel } from '../../src/onnx/read';
import { encodeModel } from '../../src/onnx/write';
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
    const theirs = await ort.InferenceSession.create(bytes, { intraOpNumThreads: 1, graphOptimizationLevel: 'disabled' });
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
