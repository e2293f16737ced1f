import { GradientSession, Tensor } from '../../src';
import { lowerGraph } from '../../src/engine/compile';
import { Graph } from '../../src/graph/graph';
import { readModel } from '../../src/onnx/read';
import { ConstantPool } from '../../src/program/constant-pool';
import { Random } from '../operators/random';
import { runInDoubles } from './double/program';
import { RandomNetwork } from './double/random-network';
import { distanceFrom, slopesAt } from './double/slopes';

/** Elements of each tensor at which gradients are compared. */
const mostElements = 4;

const labelOf = (image: number) => (image * 3 + 1) % 4;

/** Σ cross entropy of the softmax, in double precision. */
function lossOf(logits: Float64Array): number {
  let loss = 0;
  for (let image = 0; image * 4 < logits.length; image++) {
    const row = logits.subarray(4 * image, 4 * (image + 1));
    loss += Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0)) - row[labelOf(image)]!;
  }
  return loss;
}

function cotangent(logits: Float32Array): Float32Array {
  return logits.map((_, at) => {
    const row = logits.subarray(at - (at % 4), at - (at % 4) + 4);
    const sum = row.reduce((total, logit) => total + Math.exp(logit), 0);
    return Math.exp(logits[at]!) / sum - (labelOf(Math.floor(at / 4)) === at % 4 ? 1 : 0);
  });
}

/**
 * Gradients of a session, which simplifies the graph and fuses its operations, against differences in double precision of
 * the graph as it is written, with weights that no pass knows.
 */
test.each(Array.from({ length: 24 }, (_, seed) => seed))('random network %d', async (seed) => {
  const random = new Random(1000 + seed);
  const network = new RandomNetwork(random, random.integer(2, 5));
  const x = random.floats(network.dims);
  const session = await GradientSession.create(network.model('initializers'), { intraOpNumThreads: 1 });
  const feeds = { x: new Tensor('float32', x.data as Float32Array, [...network.dims]) };
  const images = network.dims[0]!;
  const labels = Array.from({ length: images }, (_, image) => labelOf(image));
  const { inputs, losses } = await session.lossGradient(feeds, labels);
  const { weights } = await session.weightGradients(feeds, cotangent);
  const single = await session.weightGradients(feeds, cotangent, { perImage: true });
  await session.release();

  const open = new Graph(await readModel(network.model('inputs')));
  const { program, constants } = lowerGraph(open, undefined, new ConstantPool());
  const values = [x, ...Object.values(network.weights)].map(({ data }) => data as Float32Array);
  const loss = (at: readonly ArrayLike<number>[]) => lossOf(runInDoubles(program, constants, at)[0]!);
  expect(losses.reduce((sum, one) => sum + one, 0)).toBeCloseTo(loss(values), 4);

  const names = Object.keys(network.weights);
  const gradients = [inputs.x!, ...names.map((name) => weights[name]!)].map(({ data }) => data as Float32Array);
  let kinks = 0;
  values.forEach((value, which) => {
    const places = random.shuffle(Array.from(value.keys())).slice(0, mostElements);
    const scale = Math.max(1e-3, ...gradients[which]!.map(Math.abs));
    for (const place of places) {
      const slopes = slopesAt(
        (moved) => loss(values.map((all, i) => (i === which ? Float64Array.from(all).with(place, moved) : all))),
        value[place]!,
      );
      if (Math.abs(slopes.left - slopes.right) > 1e-3 * scale) kinks++;
      expect(distanceFrom(slopes, gradients[which]![place]!, scale)).toBeLessThan(1e-4 * scale);
    }
  });
  expect(kinks).toBeLessThan(values.length);
  names.forEach((name, i) => {
    const each = single.weights[name]!.data as Float32Array;
    const sum = gradients[i + 1]!.map((_, at, { length }) => each[at]! + each[at + length]!);
    const scale = Math.max(1e-3, ...sum.map(Math.abs));
    sum.forEach((value, at) => expect(Math.abs(value - gradients[i + 1]![at]!)).toBeLessThan(1e-4 * scale));
  });
});
