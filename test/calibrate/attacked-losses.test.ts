import { clone } from '@bufbuild/protobuf';
import { ImageSet } from '../../src';
import { inferValues } from '../../src/analysis/infer';
import { adversarialImages, predicted, withClassifier } from '../../src/calibrate/adversarial-images';
import { attackedLosses, lossesAlong } from '../../src/calibrate/attacked-losses';
import { logitsOf } from '../../src/calibrate/logits';
import { findConvolutions, type Layer } from '../../src/gdws/layers';
import { rewrite } from '../../src/gdws/rewrite';
import type { Stages } from '../../src/gdws/stages';
import { Graph } from '../../src/graph/graph';
import { ModelProtoSchema } from '../../src/onnx/onnx_pb';
import { readModel } from '../../src/onnx/read';
import { floats } from '../graph/small-network';
import { network } from './subjects';

const errors = Float64Array.of(8, 4, 2, 1, 0.5, 0);

test('two measured losses make a power of the errors', () => {
  const losses = lossesAlong(errors, [
    { steps: 1, loss: 32 },
    { steps: 3, loss: 2 },
  ]);
  [128, 32, 8, 2, 0.5, 0].forEach((expected, steps) =>
    expect(losses[steps]! / (expected || 1)).toBeCloseTo(expected ? 1 : 0, 9),
  );
});

test('one measured loss scales the errors', () => {
  expect([...lossesAlong(errors, [{ steps: 2, loss: 6 }])].map((loss) => Math.round(loss * 1e6) / 1e6)).toEqual([
    24, 12, 6, 3, 1.5, 0,
  ]);
});

test.each([
  ['that hardly fall', 1, 1.01],
  ['that fall from noise to nothing', 1, 1e-300],
])('losses %s stay convex and non-increasing', (_, first, second) => {
  const losses = lossesAlong(errors, [
    { steps: 1, loss: first },
    { steps: 2, loss: second },
  ]);
  for (let n = 1; n < losses.length; ++n) expect(losses[n]!).toBeLessThanOrEqual(losses[n - 1]!);
  // Along the errors, which halve: a power from 1 to 3.
  expect(losses[0]! / losses[1]!).toBeGreaterThanOrEqual(2 - 1e-9);
  expect(losses[0]! / losses[1]!).toBeLessThanOrEqual(8 + 1e-9);
});

test('without an error that could be scaled, the errors stay', () => {
  expect(lossesAlong(errors, [])).toBe(errors);
  expect(lossesAlong(errors, [{ steps: 5, loss: 1 }])).toBe(errors);
});

test('each loss is that of the model with this one layer rewritten, under an attack on that model', async () => {
  const model = await readModel(network);
  const graph = new Graph(model);
  const shapes = new Map([['x', { type: 'float32' as const, dims: [1, 3, 9, 9] }]]);
  const { layers } = findConvolutions(graph, inferValues(graph, shapes), { firstLayer: true });
  expect(layers.length).toBeGreaterThan(2);
  const replaced = new Map(layers.map((layer, index) => [layer, stagesOf(layer, index)]));
  const attack = { attack: 'pgd', norm: 'linf', eps: 0.03, steps: 3 } as const;
  const attacked = new ImageSet(
    [3, 9, 9],
    Float32Array.from({ length: 5 * 243 }, (_, i) => (1 + Math.sin(i)) / 2),
    [0, 0, 0, 0, 0],
  );
  const labelled = await withClassifier(model, attacked.dims, { threads: 1 }, (whole) =>
    predicted(whole, attacked, {}),
  );
  const losses = await attackedLosses(model, replaced, labelled, attack, { seed: 1, threads: 1 });
  expect([...losses.keys()]).toEqual(layers);

  for (const [layer, stages] of replaced) {
    const rewritten = new Graph(clone(ModelProtoSchema, model));
    const nodes = new Map(rewritten.nodes.map((node) => [node.output[0]!, node]));
    const here = { ...layer, nodes: layer.nodes.map(({ output }) => nodes.get(output[0]!)!) };
    rewrite(rewritten, new Map([[here, stages]]));
    const [images, found] = await withClassifier(rewritten.model, labelled.dims, { threads: 1 }, async (own) => {
      const made = await adversarialImages(own, labelled, attack, { seed: 1 });
      return [made, await logitsOf(own, made)] as const;
    });
    const wanted = await withClassifier(model, labelled.dims, { threads: 1 }, (whole) => logitsOf(whole, images));
    const probabilities = (logits: Float32Array) => {
      const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
      return Array.from(logits, (logit) => Math.exp(logit) / total);
    };
    const divergences = wanted.map((logits, image) => {
      const [p, q] = [probabilities(logits), probabilities(found[image]!)];
      return p.reduce((sum, one, i) => sum + one * Math.log(one / q[i]!), 0);
    });
    const expected = divergences.reduce((sum, one) => sum + one, 0) / divergences.length;
    expect(expected).toBeGreaterThan(1e-5);
    expect(losses.get(layer)! / expected).toBeCloseTo(1, 2);
  }
});

/** Some stages for a layer, with none, one or two kernels of a channel. */
function stagesOf({ shape }: Layer, seed: number): Stages {
  const { inputChannels, outputChannels, groups, kernel } = shape;
  const perGroup = inputChannels / groups;
  const counts = Int32Array.from({ length: inputChannels }, (_, c) =>
    perGroup === 1 ? 1 : [2, 1, 0][(c % perGroup) % 3]!,
  );
  const total = counts.reduce((sum, count) => sum + count, 0);
  const kernels = floats([total, ...kernel], 2 * seed + 1).data as Float32Array;
  const pointwise = floats([outputChannels, total / groups], 2 * seed + 2).data as Float32Array;
  return { counts, kernels, pointwise, errors: new Float64Array(inputChannels) };
}
