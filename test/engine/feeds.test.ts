import { GdwsError, type ErrorCode } from '../../src/base/errors';
import { InferenceSession, Tensor } from '../../src/engine/session';
import { GradientSession } from '../../src/gradient/gradient-session';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { encodeModel } from '../../src/onnx/write';
import { openValueInfo } from './undeclared';

async function codeOf(work: () => unknown): Promise<ErrorCode | 'none'> {
  try {
    await work();
  } catch (error) {
    if (error instanceof GdwsError) return error.code;
    throw error;
  }
  return 'none';
}

/** y = x·w by rows of two, whatever is declared of x. */
const product = (input = openValueInfo('x')) =>
  encodeModel(
    makeModel({
      nodes: [makeNode({ opType: 'MatMul', input: ['x', 'w'], output: ['y'], name: 'product' })],
      inputs: [input],
      outputs: [openValueInfo('y')],
      initializers: { w: { type: 'float32', dims: [2, 2], data: Float32Array.of(1, 2, 3, 4) } },
    }),
  );

/** A feed that no constructor has looked at. */
const feed = (type: string, data: unknown, dims: unknown[] = [1, 2]) => ({ type, data, dims }) as unknown as Tensor;

const two = Float32Array.of(1, 2);
const transferred = new Float32Array(2);
structuredClone(transferred.buffer, { transfer: [transferred.buffer] });

describe('feeds that cannot be are refused by a typed error', () => {
  test.each<[string, Tensor, ErrorCode]>([
    ['elements of another type', feed('float32', Int32Array.of(1, 2)), 'TYPE_MISMATCH'],
    ['elements in a list', feed('float32', [1, 2]), 'TYPE_MISMATCH'],
    ['no elements', feed('float32', undefined), 'TYPE_MISMATCH'],
    ['a type that gdws does not know', new Tensor('int4', new Uint8Array(2), [1, 2]), 'TYPE_MISMATCH'],
    ['a type that no operator has', feed('toString', two), 'TYPE_MISMATCH'],
    ['too few elements', feed('float32', two, [2, 2]), 'SHAPE_MISMATCH'],
    ['elements that were transferred', feed('float32', transferred), 'SHAPE_MISMATCH'],
    ['dims that are no sizes', feed('float32', two, [-1, -2]), 'SHAPE_MISMATCH'],
    ['dims that are fractions', feed('float32', two, [0.5, 4]), 'SHAPE_MISMATCH'],
    ['strings', new Tensor('string', ['a', 'b'], [1, 2]), 'OPERATOR_UNSUPPORTED'],
  ])('%s', async (_, x, code) => {
    for (const model of [product(), product(openValueInfo('x', { dims: ['n', 'k'] }))]) {
      const session = await InferenceSession.create(model);
      expect(await codeOf(() => session.runSync({ x }))).toBe(code);
      expect(await codeOf(() => session.run({ x }))).toBe(code);
    }
    const gradients = await GradientSession.create(product());
    expect(await codeOf(() => gradients.logits({ x }))).toBe(code);
  });

  test('not an object of them', async () => {
    const session = await InferenceSession.create(product());
    for (const feeds of [undefined, null, 7]) {
      expect(await codeOf(() => session.run(feeds as never))).toBe('ARGUMENT_INVALID');
      expect(await codeOf(() => session.runSync(feeds as never))).toBe('ARGUMENT_INVALID');
    }
  });
});

test('float16 numbers in an array of their own, which newer Nodes have, are read by their bits', async () => {
  /** What Float16Array is to this: numbers when asked for elements, and bits in its buffer. */
  class Halves {
    readonly [Symbol.toStringTag] = 'Float16Array';
    readonly 0 = 1;
    readonly 1 = -2;
    readonly length = 2;
    readonly byteOffset = 2;
    readonly buffer = Uint16Array.of(0, 0x3c00, 0xc000).buffer;
  }
  const widening = makeModel({
    nodes: [makeNode({ opType: 'Cast', input: ['x'], output: ['y'], attributes: { to: 1 } })],
    inputs: [makeValueInfo('x', 'float16', ['n'])],
    outputs: [makeValueInfo('y', 'float32', ['n'])],
  });
  const session = await InferenceSession.create(encodeModel(widening));
  const x = feed('float16', new Halves(), [2]);
  for (const { y } of [await session.run({ x }), session.runSync({ x })]) {
    expect([...(y!.data as Float32Array)]).toEqual([1, -2]);
  }
});
