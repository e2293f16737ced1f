import { InferenceSession } from '../../../src/engine/session';
import { encodeModel } from '../../../src/onnx/write';
import { Random } from '../../operators/random';
import { checkModel, constants, floats, info, ints, model, tensors } from './models';

const random = new Random(5);

/** More elements than programs are made for the values of. */
const many = 100;

describe('shapes that depend on data', () => {
  test('of NonZero, gathered', async () => {
    const tested = model({
      nodes: [
        { opType: 'Relu', input: ['x'], output: ['positive'] },
        { opType: 'NonZero', input: ['positive'], output: ['places'] },
        { opType: 'Transpose', input: ['places'], output: ['indices'], attributes: { perm: [1, 0] } },
        { opType: 'GatherND', input: ['x', 'indices'], output: ['values'] },
        { opType: 'Add', input: ['values', 'values'], output: ['y'] },
      ],
      inputs: [info('x', 'float32', ['n', 10])],
      outputs: ['y', 'places'],
    });
    await checkModel(tested, [
      { x: random.floats([10, 10]) },
      { x: random.floats([10, 10]) },
      { x: random.floats([3, 10]) },
      { x: floats([1, 10], ...new Array<number>(10).fill(-1)) },
    ]);
  });

  test.each([
    ['declared', many],
    ['open', 'n'],
  ])('sizes computed by the network, of an input whose shape is %s', async (_, length) => {
    const tested = model({
      nodes: [
        { opType: 'ReduceMax', input: ['x'], output: ['most'], attributes: { keepdims: 1 } },
        { opType: 'Ceil', input: ['most'], output: ['whole'] },
        { opType: 'Cast', input: ['whole'], output: ['count'], attributes: { to: 7 } },
        { opType: 'Slice', input: ['x', 'zero', 'count'], output: ['part'] },
        { opType: 'TopK', input: ['x', 'count'], output: ['largest', 'at'] },
        { opType: 'Concat', input: ['two', 'count'], output: ['dims'], attributes: { axis: 0 } },
        { opType: 'Expand', input: ['part', 'dims'], output: ['expanded'] },
        { opType: 'Tile', input: ['x', 'count'], output: ['tiled'] },
        { opType: 'Reshape', input: ['tiled', 'dimsOfTiled'], output: ['reshaped'] },
        { opType: 'Squeeze', input: ['count'], output: ['limit'] },
        { opType: 'Range', input: ['first', 'limit', 'step'], output: ['range'] },
        { opType: 'ConstantOfShape', input: ['count'], output: ['zeros'] },
        { opType: 'Concat', input: ['zero', 'count'], output: ['pads'], attributes: { axis: 0 } },
        { opType: 'Pad', input: ['part', 'pads'], output: ['padded'] },
        { opType: 'Neg', input: ['padded'], output: ['negative'] },
        { opType: 'Concat', input: ['count', 'rest'], output: ['dimsOfTiled'], attributes: { axis: 0 } },
      ],
      inputs: [info('x', 'float32', [length])],
      outputs: ['part', 'largest', 'at', 'expanded', 'reshaped', 'range', 'zeros', 'negative'],
      initializers: {
        zero: ints([1], 0),
        two: ints([1], 2),
        rest: ints([1], -1),
        first: ints([], 0),
        step: ints([], 1),
      },
    });
    await checkModel(tested, [
      { x: random.floats([many], -1, 3) },
      { x: random.floats([many], -1, 5) },
      { x: random.floats([many], -1, 0.9) },
      { x: random.floats([many], -1, 7) },
    ]);
  });

  test.each([
    ['small', 10],
    ['large', 700],
  ])('of Compress, with a computed condition, of a %s tensor', async (_, columns) => {
    const tested = model({
      nodes: [
        { opType: 'ReduceSum', input: ['x', 'one'], output: ['sums'], attributes: { keepdims: 0 } },
        { opType: 'Greater', input: ['sums', 'limit'], output: ['isLarge'] },
        { opType: 'Compress', input: ['x', 'isLarge'], output: ['kept'], attributes: { axis: 0 } },
        { opType: 'Compress', input: ['sums', 'isLarge'], output: ['large'] },
        { opType: 'Neg', input: ['kept'], output: ['y'] },
      ],
      inputs: [info('x', 'float32', ['n', columns])],
      outputs: ['y', 'large'],
      initializers: { one: ints([1], 1), limit: floats([], 0) },
    });
    await checkModel(tested, [{ x: random.floats([100, columns]) }, { x: random.floats([20, columns]) }]);
  });

  test('of a slice of many elements', async () => {
    const tested = model({
      nodes: [
        { opType: 'ReduceMax', input: ['x'], output: ['most'], attributes: { keepdims: 1 } },
        { opType: 'Cast', input: ['most'], output: ['count'], attributes: { to: 7 } },
        { opType: 'Squeeze', input: ['count'], output: ['scalar'] },
        { opType: 'Reshape', input: ['scalar', 'dims'], output: ['first'] },
        { opType: 'Slice', name: 'slice', input: ['x', 'first', 'end', 'one'], output: ['y'] },
      ],
      inputs: [info('x', 'float32', [300, 'n'])],
      outputs: ['y'],
      initializers: { one: ints([1], 1), end: ints([1], 1000), dims: ints([1], -1) },
    });
    const feeds = [3, 9, 5].map((most) => ({ x: random.floats([300, 300], 0, most) }));
    await checkModel(tested, feeds);
  });

  test('behind another one, which only the run tells', async () => {
    const tested = model({
      nodes: [
        { opType: 'Relu', input: ['x'], output: ['positive'] },
        { opType: 'NonZero', input: ['positive'], output: ['places'] },
        { opType: 'Squeeze', input: ['places', 'zero'], output: ['indices'] },
        { opType: 'Gather', input: ['x', 'indices'], output: ['values'] },
        { opType: 'ReduceMax', input: ['values'], output: ['most'], attributes: { keepdims: 1 } },
        { opType: 'Cast', input: ['most'], output: ['count'], attributes: { to: 7 } },
        { opType: 'Slice', input: ['values', 'zero', 'count'], output: ['part'] },
        { opType: 'Neg', input: ['part'], output: ['y'] },
      ],
      inputs: [info('x', 'float32', ['n'])],
      outputs: ['y'],
      initializers: { zero: ints([1], 0) },
    });
    const feeds = [300, 400, 300].map((n) => ({ x: random.floats([n], -9, 9) }));
    await checkModel(tested, feeds);
    // Several runs may find out at once.
    const session = await InferenceSession.create(encodeModel(tested));
    const found = await Promise.all([...feeds, feeds[0]!].map((one) => session.run(tensors(one))));
    expect(found[3]).toEqual(found[0]);
    await session.release();
  });

  test('of Resize, which nothing but a program computes', async () => {
    const tested = model({
      nodes: [
        { opType: 'ReduceMax', input: ['x'], output: ['most'], attributes: { keepdims: 0 } },
        { opType: 'Ceil', input: ['most'], output: ['factor'] },
        { opType: 'Unsqueeze', input: ['factor', 'zero'], output: ['one'] },
        { opType: 'Concat', input: ['ones', 'one', 'one'], output: ['scales'], attributes: { axis: 0 } },
        { opType: 'Resize', name: 'resize', input: ['x', '', 'scales'], output: ['larger'] },
        { opType: 'Neg', input: ['larger'], output: ['y'] },
      ],
      inputs: [info('x', 'float32', [1, 2, 8, 8])],
      outputs: ['y'],
      initializers: { zero: ints([1], 0), ones: floats([2], 1, 1) },
    });
    const feeds = [1, 2, 1, 3].map((most) => ({ x: random.floats([1, 2, 8, 8], 0, most) }));
    await checkModel(tested, feeds);
  });

  test('of NonMaxSuppression at the end of a detector', async () => {
    const tested = model({
      nodes: [
        { opType: 'Sigmoid', input: ['raw'], output: ['scores'] },
        { opType: 'NonMaxSuppression', input: ['boxes', 'scores', 'most', 'iou', 'least'], output: ['selected'] },
        { opType: 'Slice', input: ['selected', 'two', 'three', 'one'], output: ['column'] },
        { opType: 'Squeeze', input: ['column', 'one'], output: ['indices'] },
        { opType: 'Gather', input: ['boxes', 'indices'], output: ['y'], attributes: { axis: 1 } },
      ],
      inputs: [info('boxes', 'float32', [1, 'n', 4]), info('raw', 'float32', [1, 3, 'n'])],
      outputs: ['selected', 'y'],
      initializers: {
        ...{ most: ints([1], 10), iou: floats([1], 0.4), least: floats([1], 0.6) },
        ...{ one: ints([1], 1), two: ints([1], 2), three: ints([1], 3) },
      },
    });
    const feeds = [50, 50, 80].map((count) => ({
      boxes: random.floats([1, count, 4], 0, 3),
      raw: random.floats([1, 3, count]),
    }));
    await checkModel(tested, [...feeds, { ...feeds[0]!, raw: random.floats([1, 3, 50], -5, -4) }]);
  });

  test('of float16, which is not rounded between programs', async () => {
    const tested = model({
      nodes: [
        { opType: 'Mul', input: ['x', 'x'], output: ['square'] },
        { opType: 'NonZero', input: ['square'], output: ['places'] },
        { opType: 'Gather', input: ['square', 'places'], output: ['y'] },
      ],
      inputs: [info('x', 'float16', ['n'])],
      outputs: ['y'],
    });
    const session = await InferenceSession.create(encodeModel(tested));
    const { y } = constants(await session.run(tensors({ x: random.halves([70]) })));
    expect(y).toMatchObject({ type: 'float16', dims: [1, 70] });
  });
});
