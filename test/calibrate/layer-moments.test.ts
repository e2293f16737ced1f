import fc from 'fast-check';
import { ImageSet, type Tensor } from '../../src';
import { native } from '../../src/addon/native';
import { inferValues } from '../../src/analysis/infer';
import { calibrationImages } from '../../src/calibrate/images';
import { measureMoments, MomentsNetwork } from '../../src/calibrate/layer-moments';
import { findConvolutions } from '../../src/gdws/layers';
import { Graph } from '../../src/graph/graph';
import { makeNode, makeValueInfo } from '../../src/onnx/make';
import { RandomStream } from '../../src/robustness/random-stream';
import { convolutionCases, convolutionModel, type ConvolutionCase } from '../gdws/convolutions';

/** Explicit pads only: what they are is the business of other tests. */
const cases = convolutionCases.filter(
  ({ kernel, groups, rows, pads }) =>
    kernel.length === 2 && groups * rows > 1 && pads !== 'SAME_UPPER' && pads !== 'SAME_LOWER',
);

/** What follows the convolution: logits of its averaged planes, a mask of each plane, its result, or its result and a mask. */
const heads = ['logits', 'mask', 'result', 'result and mask'] as const;
type Head = (typeof heads)[number];

/** A convolution, each plane of whose result goes through a sigmoid; the means of these are logits. */
function networkOf(one: ConvolutionCase, head: Head) {
  const { model, feeds } = convolutionModel(one);
  const graph = model.graph!;
  const result = graph.output[0]!;
  graph.node.push(makeNode({ opType: 'Sigmoid', input: ['y'], output: ['s'] }));
  if (head === 'logits') {
    graph.node.push(
      makeNode({ opType: 'GlobalAveragePool', input: ['s'], output: ['p'] }),
      makeNode({ opType: 'Flatten', input: ['p'], output: ['logits'] }),
    );
    graph.output.splice(0, 1, makeValueInfo('logits', 'float32', [one.batch, one.groups * one.rows]));
  } else if (head === 'mask') {
    graph.output.splice(0, 1, { ...result, name: 's' });
  } else if (head === 'result and mask') {
    graph.output.push({ ...result, name: 's' });
  }
  return { graph: new Graph(model), x: feeds['x'] as unknown as Tensor };
}

/** Both moments by their definition, with loops. */
function byDefinition(
  one: ConvolutionCase,
  head: Head,
  x: Tensor,
  w: Float32Array,
  b: Float32Array | undefined,
  seed: number,
) {
  const [kh, kw] = one.kernel as [number, number];
  const [sh, sw] = one.strides as [number, number];
  const [dh, dw] = one.dilations as [number, number];
  const [top, left, bottom, right] = one.pads === 'VALID' ? [0, 0, 0, 0] : (one.pads as number[]);
  const [images, channels, height, width] = x.dims as [number, number, number, number];
  const data = x.data as Float32Array;
  const outputHeight = Math.floor((height + top! + bottom! - (kh - 1) * dh - 1) / sh) + 1;
  const outputWidth = Math.floor((width + left! + right! - (kw - 1) * dw - 1) / sw) + 1;
  const pixels = outputHeight * outputWidth;
  const taps = kh * kw;
  const outputs = one.groups * one.rows;
  const patch = (n: number, c: number, pixel: number) =>
    Array.from({ length: taps }, (_, tap) => {
      const row = Math.floor(pixel / outputWidth) * sh + Math.floor(tap / kw) * dh - top!;
      const column = (pixel % outputWidth) * sw + (tap % kw) * dw - left!;
      const inside = row >= 0 && row < height && column >= 0 && column < width;
      return inside ? data[((n * channels + c) * height + row) * width + column]! : 0;
    });
  const patches = new Float64Array(channels * taps * taps);
  const fisher = new Float64Array(one.groups * one.rows * one.rows);
  for (let n = 0; n < images; ++n) {
    const maps: number[][] = Array.from({ length: outputs }, () => new Array<number>(pixels).fill(0));
    for (let pixel = 0; pixel < pixels; ++pixel) {
      for (let c = 0; c < channels; ++c) {
        const p = patch(n, c, pixel);
        p.forEach((a, i) =>
          p.forEach((value, j) => (patches[(c * taps + i) * taps + j]! += (a * value) / pixels / images)),
        );
        const group = Math.floor(c / one.channelsPerGroup);
        for (let row = 0; row < one.rows; ++row) {
          const m = group * one.rows + row;
          const at = (m * one.channelsPerGroup + (c % one.channelsPerGroup)) * taps;
          p.forEach((value, tap) => (maps[m]![pixel]! += w[at + tap]! * value));
        }
      }
    }
    const slopes = slopesOf(maps, b, head, new RandomStream(seed, n));
    for (let m = 0; m < outputs; ++m) {
      for (let row = 0; row < one.rows; ++row) {
        const other = Math.floor(m / one.rows) * one.rows + row;
        slopes[m]!.forEach((slope, t) => (fisher[m * one.rows + row]! += (slope * slopes[other]![t]!) / images));
      }
    }
  }
  return { patches, fisher };
}

/** The derivative of the loss by each element of the convolution's result, (M, pixels). */
function slopesOf(maps: number[][], b: Float32Array | undefined, head: Head, random: RandomStream): number[][] {
  if (head.startsWith('result')) return maps.map((map) => map.map(() => random.normal()));
  const gates = maps.map((map, m) => map.map((y) => 1 / (1 + Math.exp(-(y + (b?.[m] ?? 0))))));
  if (head === 'mask') return gates.map((gate) => gate.map((s) => s - (random.uniform() < s ? 1 : 0)));
  const logits = gates.map((gate) => gate.reduce((sum, s) => sum + s, 0) / gate.length);
  const total = logits.reduce((sum, z) => sum + Math.exp(z), 0);
  let draw = random.uniform() * total;
  const label = logits.findIndex((z) => (draw -= Math.exp(z)) <= 0);
  return gates.map((gate, m) => {
    const slope = Math.exp(logits[m]!) / total - (m === label ? 1 : 0);
    return gate.map((s) => (slope * s * (1 - s)) / gate.length);
  });
}

function expectClose(actual: Float64Array, expected: Float64Array): void {
  expect(actual).toHaveLength(expected.length);
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
  actual.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-5 * scale));
}

test('patch moments and Fisher information are those of their definition, whatever the convolution and the output', async () => {
  const check = async (one: ConvolutionCase, head: Head, seed: number) => {
    const { graph, x } = networkOf(one, head);
    const { layers } = findConvolutions(graph, inferValues(graph, undefined), { firstLayer: true });
    const [count, ...dims] = x.dims as [number, number, number, number];
    const set = new ImageSet(dims, x.data as Float32Array, new Uint8Array(count));
    const images = calibrationImages(set, one.batch);
    const network = new MomentsNetwork(graph, layers, native().createSession(1));
    const measured = await measureMoments(network, images, { seed, onBatch: () => undefined });
    const [w, b] = ['w', 'b'].map((name) => graph.constant(name)?.data as Float32Array | undefined);
    const expected = byDefinition(one, head, x, w!, b, seed);
    const own = measured.get(layers[0]!)!;
    expectClose(own.patches, expected.patches);
    expectClose(own.fisher, expected.fisher);
  };
  await fc.assert(fc.asyncProperty(cases, fc.constantFrom(...heads), fc.nat(1000), check), { numRuns: 120 });
});
