import { fromBinary } from '@bufbuild/protobuf';
import { Tensor } from 'onnxruntime-common';
import { InferenceSession as Theirs, Tensor as TheirTensor } from 'onnxruntime-node';
import { compressWithinDrop, ImageSet } from '../../../src';
import { outcomesOf } from '../../../src/compress/drop/outcomes';
import { labelledBy, predictionsOf, unchanged } from '../../../src/compress/drop/predictions';
import { makeNode } from '../../../src/onnx/make';
import { ModelProtoSchema } from '../../../src/onnx/onnx_pb';
import { encodeModel } from '../../../src/onnx/write';
import { spreadOver } from '../../cli/small-classifier';
import { floats } from '../../graph/small-network';
import { convolutionStack } from '../../runtime/models';

const count = 40;
const pixels = (floats([count, 3, 64], 5).data as Float32Array).map(
  (value, at) => (Math.abs(value) * ((Math.floor(at / 64) * 7919) % 13)) / 13,
);
const images = new ImageSet([3, 8, 8], pixels, new Array<number>(count).fill(0));
const maps = convolutionStack({ channels: 8, layers: 3, size: 8 });
const noise = new ImageSet([8, 8, 8], (floats([count, 8, 64], 7).data as Float32Array).map(Math.abs), images.labels);

async function theirs(model: Uint8Array, data: ImageSet): Promise<Float32Array[]> {
  const session = await Theirs.create(Buffer.from(model));
  const outputs: Float32Array[] = [];
  for (const { images: image } of data.batches(1)) {
    const x = new TheirTensor('float32', image.data as Float32Array, image.dims);
    outputs.push((await session.run({ x }))[session.outputNames[0]!]!.data as Float32Array);
  }
  await session.release();
  return outputs;
}

test('without labels, images are lost whose class is not that which onnxruntime gives for the dense network', async () => {
  const { model } = await spreadOver(pixels, 8);
  const labels = (await theirs(model, images)).map((row) => row.indexOf(Math.max(...row)));
  const labelled = await compressWithinDrop(model, { maxDrop: 0.1, data: new ImageSet([3, 8, 8], pixels, labels) });
  const found = await compressWithinDrop(model, { maxDrop: 0.1, data: images, isUnlabelled: true });
  expect(new Set(labels).size).toBeGreaterThan(1);
  expect(found.trials).toEqual(labelled.trials);
  expect(found.heldOut).toEqual(labelled.heldOut);
  expect(found.trials.some(({ natural }) => natural.lost > 0)).toBe(true);
  expect(found.trials.every(({ natural }) => natural.gained === 0)).toBe(true);
}, 120_000);

/** The network with its outputs times a number. */
function scaled(factor: number): Uint8Array {
  const model = fromBinary(ModelProtoSchema, maps);
  const { node, output } = model.graph!;
  node.push(
    makeNode({ opType: 'Constant', input: [], output: ['factor'], attributes: { value_float: { float: factor } } }),
    makeNode({ opType: 'Mul', input: ['y', 'factor'], output: ['z'] }),
  );
  output[0]!.name = 'z';
  return encodeModel(model);
}

test('of a network that gives maps, images are lost whose map differs by more than a tenth of its deviation', async () => {
  const first = await theirs(maps, noise);
  // Root mean square of the outputs, of their deviation: a factor changes them by so much times what it is above 1.
  const sizes = first.map((row) => {
    const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
    const square = row.reduce((sum, value) => sum + value ** 2, 0) / row.length;
    return Math.sqrt(square / (square - mean ** 2));
  });
  const factor = 1 + 0.1 / sizes.toSorted((a, b) => a - b)[count / 2]!;
  const other = scaled(factor);
  const second = await theirs(other, noise);
  second.forEach((row, image) => expect(row[0]).toBeCloseTo(factor * first[image]![0]!, 3));
  const changes = sizes.map((size) => size * (factor - 1));
  const options = { comparesOutputs: true };
  const dense = await outcomesOf(maps, noise, options);
  const { natural } = await outcomesOf(other, noise, options, { dense });
  expect([...dense.natural]).toEqual(changes.map(() => 1));
  // But where rounding decides.
  changes.forEach((change, image) => {
    if (Math.abs(change - 0.1) > 1e-5) expect(natural[image]).toBe(change > 0.1 ? 0 : 1);
  });
  expect(new Set(natural).size).toBe(2);

  const found = await compressWithinDrop(maps, { maxDrop: 0.2, data: noise, isUnlabelled: true });
  expect(found.trials.every(({ natural: { trials, gained } }) => trials === count / 2 && gained === 0)).toBe(true);
}, 120_000);

test('a single number an image is compared with the deviation over all images; no number is no match', () => {
  const of = (...values: number[]) => ({ outputs: values.map((value) => Float32Array.of(value)), dims: [1] });
  expect(labelledBy(of(1, 2, 3), new ImageSet([1, 1, 1], new Float32Array(3), [0, 0, 0]))).toBeUndefined();
  expect([...unchanged(of(1, 2, 3), of(1.05, 2.2, NaN))]).toEqual([1, 0, 0]);
  const map = (...values: number[]) => ({ outputs: [Float32Array.from(values)], dims: [2, 2] });
  expect([...unchanged(map(5, 5, 5, 5), map(5, 5, 5, 5))]).toEqual([1]);
  expect([...unchanged(map(5, 5, 5, 5), map(5, 5, 5, 5.001))]).toEqual([0]);
});

test('an attack needs a classifier, and images need a model of one input of floats', async () => {
  const attack = { attack: 'fgsm', norm: 'linf', eps: 0.1 } as const;
  const refused = compressWithinDrop(maps, { maxDrop: 0.1, data: noise, isUnlabelled: true, attack });
  await expect(refused).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  const signal = AbortSignal.abort();
  await expect(predictionsOf(maps, noise, { signal })).rejects.toMatchObject({ code: 'ABORTED' });
  const normalization = { mean: [0.5], std: [0.25] };
  const [plain, shifted] = [await predictionsOf(maps, noise, {}), await predictionsOf(maps, noise, { normalization })];
  expect(plain.outputs[0]).not.toEqual(shifted.outputs[0]);
  expect(new Tensor('float32', plain.outputs[0]!, [1, ...plain.dims]).dims).toEqual([1, 8, 8, 8]);
});
