import fs from 'node:fs';
import path from 'node:path';
import { GradientSession, InferenceSession, Tensor, type GdwsError } from '../../src';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { encodeModel } from '../../src/onnx/write';

interface Expected {
  x: number[];
  labels: number[];
  losses: number[];
  gradient: number[];
  weights: Record<string, number[]>;
  secondOfImage1: number[];
}

const folder = path.join(__dirname, '..', 'fixtures', 'gradient');
const expected = JSON.parse(fs.readFileSync(path.join(folder, 'expected.json'), 'utf8')) as Expected;
const images = new Tensor('float32', Float32Array.from(expected.x), [3, 3, 9, 9]);
const pixels = 3 * 9 * 9;

let session: GradientSession;
beforeAll(async () => {
  session = await GradientSession.create(path.join(folder, 'network.onnx'), { intraOpNumThreads: 1 });
});
afterAll(() => session.release());

/** Largest difference, relative to the largest element. */
function expectClose(actual: ArrayLike<number>, wanted: readonly number[], tolerance = 1e-4): void {
  expect(actual).toHaveLength(wanted.length);
  const largest = Math.max(...wanted.map(Math.abs));
  expect(largest).toBeGreaterThan(0);
  const difference = Math.max(...wanted.map((value, i) => Math.abs(value - actual[i]!)));
  expect(difference / largest).toBeLessThan(tolerance);
}

/** Of the cross-entropy of these labels. */
function cotangentOf(labels: readonly number[]) {
  return (logits: Float32Array, count: number, classes: number) => {
    const result = new Float32Array(logits.length);
    for (let image = 0; image < count; image++) {
      const row = Array.from(logits.subarray(image * classes, (image + 1) * classes), Math.exp);
      const sum = row.reduce((a, b) => a + b, 0);
      row.forEach((value, k) => (result[image * classes + k] = value / sum - (k === labels[image] ? 1 : 0)));
    }
    return result;
  };
}

test('losses and input gradients are those of PyTorch', async () => {
  const { losses, inputs } = await session.lossGradient({ x: images }, expected.labels);
  expectClose(losses, expected.losses);
  expectClose(inputs.x!.data as Float32Array, expected.gradient);
  expect(inputs.x!.dims).toEqual([3, 3, 9, 9]);
});

test('the bytes that a session was made from may be changed', async () => {
  const bytes = new Uint8Array(fs.readFileSync(path.join(folder, 'network.onnx')));
  const copied = await GradientSession.create(bytes, { intraOpNumThreads: 1 });
  bytes.fill(0);
  const { losses, inputs } = await copied.lossGradient({ x: images }, expected.labels);
  expectClose(losses, expected.losses);
  expectClose(inputs.x!.data as Float32Array, expected.gradient);
});

test('weight gradients are those of PyTorch, summed and of each image', async () => {
  const { weights } = await session.weightGradients({ x: images }, cotangentOf(expected.labels), {
    perImage: false,
    weights: Object.keys(expected.weights),
  });
  for (const [name, wanted] of Object.entries(expected.weights)) {
    expectClose(weights[name]!.data as Float32Array, wanted);
  }
  const single = await session.weightGradients({ x: images }, cotangentOf(expected.labels), { perImage: true });
  const size = expected.secondOfImage1.length;
  const second = single.weights['second.weight']!;
  expect(second.dims).toEqual([3, 6, 6, 3, 3]);
  expectClose((second.data as Float32Array).subarray(size, 2 * size), expected.secondOfImage1);
  for (const [name, wanted] of Object.entries(expected.weights)) {
    const data = single.weights[name]!.data as Float32Array;
    const sum = wanted.map((_, i) => [0, 1, 2].reduce((total, image) => total + data[image * wanted.length + i]!, 0));
    expectClose(sum, wanted);
  }
});

test('several images give what each alone gives', async () => {
  const together = await session.lossGradient({ x: images }, expected.labels);
  for (let image = 0; image < 3; image++) {
    const data = images.data.slice(image * pixels, (image + 1) * pixels);
    const alone = await session.lossGradient({ x: new Tensor('float32', data, [1, 3, 9, 9]) }, [
      expected.labels[image]!,
    ]);
    const part = (together.inputs.x!.data as Float32Array).subarray(image * pixels, (image + 1) * pixels);
    expectClose(part, [...(alone.inputs.x!.data as Float32Array)], 1e-5);
  }
});

test('logits are those of an InferenceSession', async () => {
  const other = await InferenceSession.create(path.join(folder, 'network.onnx'), { intraOpNumThreads: 1 });
  const { logits } = await other.run({ x: images });
  expectClose((await session.logits({ x: images })).data as Float32Array, [...(logits!.data as Float32Array)], 1e-5);
  expect(session.classes).toBe(5);
  await other.release();
});

test('labels and cotangents that do not fit are refused', async () => {
  await expect(session.lossGradient({ x: images }, [0, 1, 5])).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  await expect(session.lossGradient({ x: images }, [0, 1])).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  await expect(session.gradient({ x: images }, () => new Float32Array(3))).rejects.toMatchObject({
    code: 'ARGUMENT_INVALID',
  });
  const wrong = { perImage: false, weights: ['none'] };
  await expect(session.weightGradients({ x: images }, cotangentOf([0, 0, 0]), wrong)).rejects.toMatchObject({
    code: 'ARGUMENT_INVALID',
  } satisfies Partial<GdwsError>);
});

test('a model without logits is refused when it is opened', async () => {
  const model = makeModel({
    nodes: [makeNode({ opType: 'Relu', input: ['x'], output: ['y'] })],
    inputs: [makeValueInfo('x', 'float32', [1, 2, 3])],
    outputs: [makeValueInfo('y', 'float32', [1, 2, 3])],
  });
  await expect(GradientSession.create(encodeModel(model))).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
});

test('an operator without gradient is refused when the model is opened, by its name', async () => {
  const scores = (nodes: ReturnType<typeof makeNode>[], type: 'float32' | 'int64' = 'float32') =>
    encodeModel(
      makeModel({
        nodes,
        inputs: [makeValueInfo('x', type, ['n', 4])],
        outputs: [makeValueInfo('y', 'float32', ['n', 4])],
        initializers: { w: { type: 'float32', dims: [4, 4], data: new Float32Array(16).fill(0.5) } },
      }),
    );
  // The rows of x are taken by an order that the run computes.
  const sorting = scores([
    makeNode({ opType: 'ArgMax', input: ['x'], output: ['order'], attributes: { axis: 1, keepdims: 0 } }),
    makeNode({ opType: 'Gather', name: 'picked', input: ['x', 'order'], output: ['rows'], attributes: { axis: 0 } }),
    makeNode({ opType: 'MatMul', input: ['rows', 'w'], output: ['y'] }),
  ]);
  await expect(GradientSession.create(sorting)).rejects.toMatchObject({
    code: 'GRADIENT_UNSUPPORTED',
    node: 'picked',
    operator: 'Gather',
  });
  // On the way to the weights alone: integers have no gradient.
  const weightsOnly = scores(
    [
      makeNode({ opType: 'Cast', input: ['x'], output: ['floats'], attributes: { to: 1 } }),
      makeNode({ opType: 'MatMul', input: ['floats', 'w'], output: ['product'] }),
      makeNode({ opType: 'ArgMax', input: ['product'], output: ['order'], attributes: { axis: 1, keepdims: 0 } }),
      makeNode({
        opType: 'Gather',
        name: 'picked',
        input: ['product', 'order'],
        output: ['y'],
        attributes: { axis: 0 },
      }),
    ],
    'int64',
  );
  await expect(GradientSession.create(weightsOnly)).rejects.toMatchObject({ code: 'GRADIENT_UNSUPPORTED' });
});

test('release aborts runs that have begun, and there are none after it', async () => {
  const own = await GradientSession.create(path.join(folder, 'network.onnx'), { intraOpNumThreads: 1 });
  const several = Array.from({ length: 40 }, () => own.lossGradient({ x: images }, expected.labels));
  const betweenTheRuns = own.gradient({ x: images }, (logits) => {
    void own.release();
    return logits;
  });
  await expect(betweenTheRuns).rejects.toMatchObject({ code: 'ABORTED' });
  for (const run of await Promise.allSettled(several)) {
    if (run.status === 'rejected') expect(run.reason).toMatchObject({ code: 'ABORTED' });
  }
  await expect(own.lossGradient({ x: images }, expected.labels)).rejects.toMatchObject({ code: 'SESSION_RELEASED' });
  await own.release();
});

test('release before a run is over rejects it', async () => {
  const own = await GradientSession.create(path.join(folder, 'network.onnx'), { intraOpNumThreads: 1 });
  const run = own.lossGradient({ x: images }, expected.labels);
  await own.release();
  await expect(run).rejects.toMatchObject({ code: 'ABORTED' });
});

test('weight gradients are those of the model as written, though it is simplified beside', async () => {
  const file = path.join(folder, 'network.onnx');
  const before = fs.readFileSync(file);
  const bytes = new Uint8Array(before);
  const own = await GradientSession.create(bytes, { intraOpNumThreads: 1 });
  const { weights } = await own.weightGradients({ x: images }, cotangentOf(expected.labels));
  for (const [name, wanted] of Object.entries(expected.weights))
    expectClose(weights[name]!.data as Float32Array, wanted);
  expect(Buffer.from(bytes).equals(before)).toBe(true);
  await own.release();
});
