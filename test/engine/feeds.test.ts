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
      // Feeds like the last are not checked again; these are not like it.
      session.runSync({ x: feed('float32', two) });
      expect(await codeOf(() => session.runSync({ x }))).toBe(code);
      session.runSync({ x: feed('float32', two) });
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

describe('after a run, feeds that are not like its feeds', () => {
  const session = InferenceSession.create(product());
  const good = { x: new Tensor('float32', two, [1, 2]) };

  test.each<[string, unknown, ErrorCode]>([
    ['lack an input', {}, 'INPUT_MISSING'],
    ['have another name', { other: good.x }, 'INPUT_MISSING'],
    ['are no feeds', undefined, 'ARGUMENT_INVALID'],
    ['are no tensors', { x: 7 }, 'TYPE_MISMATCH'],
    ['have their elements elsewhere', { x: { ...feed('float32', two), location: 'gpu-buffer' } }, 'TYPE_MISMATCH'],
  ])('%s', async (_, feeds, code) => {
    (await session).runSync(good);
    expect(await codeOf(async () => (await session).runSync(feeds as never))).toBe(code);
  });

  test('have one too many are computed as they are without it, whatever it is', async () => {
    for (const other of [good.x, 7, null]) {
      expect((await session).runSync({ ...good, other } as never).y!.data).toEqual(Float32Array.of(7, 10));
      expect((await (await session).run({ ...good, other } as never)).y!.data).toEqual(Float32Array.of(7, 10));
    }
    const inherited = Object.assign(Object.create(good) as typeof good, { other: good.x });
    expect((await session).runSync(inherited).y!.data).toEqual(Float32Array.of(7, 10));
  });

  test('have other shapes, and dims that changed since, are computed as such', async () => {
    const x = new Tensor('float32', Float32Array.of(1, 2, 3, 4), [2, 2]);
    for (const feeds of [good, { x }, good, { x }]) {
      const { y } = (await session).runSync(feeds);
      expect(y!.dims).toEqual(feeds.x.dims);
      expect([...(y!.data as Float32Array)]).toEqual(feeds.x === x ? [7, 10, 15, 22] : [7, 10]);
    }
    (x.dims as number[])[0] = 1;
    expect(await codeOf(async () => (await session).runSync({ x }))).toBe('SHAPE_MISMATCH');
  });
});

describe('names that the model does not have', () => {
  const x = new Tensor('float32', two, [1, 2]);

  test('are told where an input is missing: they may be misspelt', async () => {
    const session = await InferenceSession.create(product());
    await expect(session.run({ X: x, other: x })).rejects.toThrow(
      "The model has no input 'X', 'other': is this one meant?",
    );
    await expect(session.run({})).rejects.toThrow(/Feed it as a float32 Tensor\.$/);
  });

  test('are refused by the option strictNames, before and after runs without them', async () => {
    const session = await InferenceSession.create(product(), { strictNames: true });
    for (let round = 0; round < 3; ++round) {
      expect(await codeOf(() => session.run({ x, other: x }))).toBe('INPUT_UNKNOWN');
      expect(await codeOf(() => session.runSync({ x, other: x }))).toBe('INPUT_UNKNOWN');
      expect(await codeOf(() => session.run({ x }, { y: null, other: null }))).toBe('OUTPUT_UNKNOWN');
      expect(session.runSync({ x }).y!.data).toEqual(Float32Array.of(7, 10));
    }
  });

  test('do not reach a compilation for values of inputs', async () => {
    const reshape = makeModel({
      nodes: [makeNode({ opType: 'Reshape', input: ['x', 'shape'], output: ['y'] })],
      inputs: [makeValueInfo('x', 'float32', ['n']), makeValueInfo('shape', 'int64', [2])],
      outputs: [openValueInfo('y')],
    });
    const session = await InferenceSession.create(encodeModel(reshape));
    const shape = new Tensor('int64', BigInt64Array.of(2n, 1n), [2]);
    const feeds = { x: new Tensor('float32', two, [2]), shape, other: null, more: 5 };
    expect((await session.run(feeds as never)).y!.dims).toEqual([2, 1]);
  });
});

test('feeds over shared memory are read by every kind of run, and copied', async () => {
  const session = await InferenceSession.create(product());
  const memory = new Float32Array(new SharedArrayBuffer(16), 4, 2);
  memory.set(two);
  const x = new Tensor('float32', memory, [1, 2]);
  for (let round = 0; round < 3; ++round) {
    expect(session.runSync({ x }).y!.data).toEqual(Float32Array.of(7, 10));
    memory.set([1, 2]);
    const running = session.run({ x });
    memory.fill(0);
    expect((await running).y!.data).toEqual(Float32Array.of(7, 10));
    memory.set([1, 2]);
  }
  const fresh = await InferenceSession.create(product());
  expect((await fresh.run({ x })).y!.data).toEqual(Float32Array.of(7, 10));
  expect((await fresh.run({ x })).y!.data).toEqual(Float32Array.of(7, 10));
});

test('an input without dims takes one element of any dims', async () => {
  const session = await InferenceSession.create(
    encodeModel(
      makeModel({
        nodes: [makeNode({ opType: 'Mul', input: ['x', 'factor'], output: ['y'] })],
        inputs: [makeValueInfo('x', 'float32', ['n']), makeValueInfo('factor', 'float32', [])],
        outputs: [openValueInfo('y')],
      }),
    ),
  );
  const x = new Tensor('float32', two, [2]);
  for (const dims of [[], [1], [1, 1], [1]]) {
    const factor = new Tensor('float32', Float32Array.of(3), dims);
    for (const { y } of [await session.run({ x, factor }), session.runSync({ x, factor })]) {
      expect(y!.dims).toEqual([2]);
      expect(y!.data).toEqual(Float32Array.of(3, 6));
    }
  }
  expect(await codeOf(() => session.run({ x, factor: x }))).toBe('SHAPE_MISMATCH');
});

test('a model with an input whose value matters is run for each value, also in turn', async () => {
  const reshape = makeModel({
    nodes: [makeNode({ opType: 'Reshape', input: ['x', 'shape'], output: ['y'] })],
    inputs: [makeValueInfo('x', 'float32', ['n']), makeValueInfo('shape', 'int64', [2])],
    outputs: [openValueInfo('y')],
  });
  const session = await InferenceSession.create(encodeModel(reshape));
  const x = new Tensor('float32', Float32Array.of(1, 2, 3, 4), [4]);
  for (const dims of [
    [1, 4],
    [1, 4],
    [2, 2],
    [4, 1],
    [2, 2],
  ]) {
    const shape = new Tensor('int64', BigInt64Array.from(dims, BigInt), [2]);
    expect(session.runSync({ x, shape }).y!.dims).toEqual(dims);
  }
});

test('the program of a shape that every second run has is kept, whatever other shapes come', async () => {
  const session = await InferenceSession.create(product(), { enableProfiling: true });
  const rows = (count: number) => ({ x: new Tensor('float32', new Float32Array(2 * count), [count, 2]) });
  for (let count = 2; count < 20; ++count) {
    session.runSync(rows(1));
    session.runSync(rows(count));
  }
  expect(session.profile()).toContainEqual(expect.objectContaining({ shape: [1, 2], runs: 18 }));
});

test('an output may have any name', async () => {
  const named = makeModel({
    nodes: [
      makeNode({ opType: 'Relu', input: ['x'], output: ['__proto__'] }),
      makeNode({ opType: 'Neg', input: ['x'], output: ['y'] }),
    ],
    inputs: [makeValueInfo('x', 'float32', [2])],
    outputs: [makeValueInfo('y', 'float32', [2]), makeValueInfo('__proto__', 'float32', [2])],
  });
  const session = await InferenceSession.create(encodeModel(named));
  const results = session.runSync({ x: new Tensor('float32', Float32Array.of(-1, 2), [2]) });
  expect(Object.entries(results).map(([name, { data }]) => [name, ...(data as Float32Array)])).toEqual([
    ['y', 1, -2],
    ['__proto__', 0, 2],
  ]);
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
