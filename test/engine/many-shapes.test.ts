import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { counters } from '../../src/addon/introspection';
import { InferenceSession, Tensor, type SessionOptions } from '../../src/engine/session';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { encodeModel } from '../../src/onnx/write';
import { constantOf } from '../../src/operators/elements';
import { numbers } from '../runtime/models';

/** A network of maps of any size: strided, resized, added, pooled, and seen as rows. */
const model = encodeModel(
  makeModel({
    nodes: [
      makeNode({ opType: 'Conv', input: ['x', 'w1'], output: ['a'], attributes: { pads: [1, 1, 1, 1] } }),
      makeNode({ opType: 'HardSwish', input: ['a'], output: ['b'] }),
      makeNode({
        opType: 'Conv',
        input: ['b', 'w2'],
        output: ['c'],
        attributes: { pads: [1, 1, 1, 1], strides: [2, 2] },
      }),
      makeNode({ opType: 'Relu', input: ['c'], output: ['d'] }),
      makeNode({ opType: 'Resize', input: ['d', '', 'scales'], output: ['e'], attributes: { mode: 'nearest' } }),
      makeNode({
        opType: 'MaxPool',
        input: ['e'],
        output: ['f'],
        attributes: { kernel_shape: [2, 2], strides: [2, 2] },
      }),
      makeNode({ opType: 'Add', input: ['d', 'f'], output: ['g'] }),
      makeNode({ opType: 'Transpose', input: ['g'], output: ['h'], attributes: { perm: [0, 2, 3, 1] } }),
      makeNode({ opType: 'Shape', input: ['h'], output: ['s'] }),
      makeNode({ opType: 'Slice', input: ['s', 'zero', 'one'], output: ['n'] }),
      makeNode({ opType: 'Concat', input: ['n', 'rest'], output: ['rows'], attributes: { axis: 0 } }),
      makeNode({ opType: 'Reshape', input: ['h', 'rows'], output: ['i'] }),
      makeNode({ opType: 'MatMul', input: ['i', 'w3'], output: ['y'] }),
    ],
    inputs: [makeValueInfo('x', 'float32', ['n', 3, 'h', 'w'])],
    outputs: [makeValueInfo('y', 'float32', ['n', 'pixels', 5])],
    initializers: {
      w1: constantOf('float32', [8, 3, 3, 3], numbers(216)),
      w2: constantOf('float32', [6, 8, 3, 3], numbers(432)),
      w3: constantOf('float32', [6, 5], numbers(30)),
      scales: constantOf('float32', [4], [1, 1, 2, 2]),
      zero: constantOf('int64', [1], [0]),
      one: constantOf('int64', [1], [1]),
      rest: constantOf('int64', [2], [-1, 6]),
    },
    opset: 14,
  }),
);

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gdws-shapes-'));
const file = path.join(folder, 'shapes.onnx');
fs.writeFileSync(file, model);
afterAll(() => fs.rmSync(folder, { recursive: true }));

const feedOf = (dims: readonly number[]) =>
  new Tensor('float32', numbers(dims.reduce((product, dim) => product * dim, 1)), dims);
const shapes = Array.from({ length: 60 }, (_, i) => [1 + (i % 3), 3, 7 + ((i * 5) % 23), 6 + ((i * 7) % 31)]);
const open = (options: SessionOptions = {}, source: string | Uint8Array = model) =>
  typeof source === 'string'
    ? InferenceSession.create(source, { intraOpNumThreads: 1, ...options })
    : InferenceSession.create(source, { intraOpNumThreads: 1, ...options });

test.each<[string, string | Uint8Array]>([
  ['bytes', model],
  ['a file', file],
])('results are those of a fresh session, bit for bit, from %s', async (_, source) => {
  const session = await open({}, source);
  // Twice: programs that are known share memory with others, which ran in between.
  for (let pass = 0; pass < 2; pass++) {
    for (const dims of shapes) {
      const feed = feedOf(dims);
      const { y } = await session.run({ x: feed });
      const fresh = await open({}, source);
      const expected = fresh.runSync({ x: feed }).y!;
      await fresh.release();
      expect(y!.dims).toEqual(expected.dims);
      expect(Buffer.from((y!.data as Float32Array).buffer)).toEqual(
        Buffer.from((expected.data as Float32Array).buffer),
      );
    }
  }
  await session.release();
});

test('runs of several shapes at once do not share memory', async () => {
  const session = await open();
  const expected = new Map(shapes.map((dims) => [dims, session.runSync({ x: feedOf(dims) }).y!.data]));
  for (let round = 0; round < 3; round++) {
    const results = await Promise.all(shapes.map((dims) => session.run({ x: feedOf(dims) })));
    results.forEach(({ y }, i) => expect(y!.data).toEqual(expected.get(shapes[i]!)));
  }
  await session.release();
});

test('memory follows the largest shape, not how many there were', async () => {
  const session = await open({ programBytes: 1 << 20 });
  const runAll = () => shapes.forEach((dims) => session.runSync({ x: feedOf(dims) }));
  session.runSync({ x: feedOf([3, 3, 29, 36]) });
  runAll();
  const { arenaBytes } = counters();
  for (let round = 0; round < 5; round++) {
    runAll();
    // Blocks for the smallest shapes may still grow a little.
    expect(counters().arenaBytes).toBeLessThan(1.1 * arenaBytes);
  }
  await session.release();
});

test('programs beyond programBytes are compiled again', async () => {
  const compiledBy = async (programBytes: number | undefined, source: string | Uint8Array) => {
    const session = await open({ programBytes }, source);
    const before = counters().programsCompiled;
    for (let pass = 0; pass < 3; pass++) for (const dims of shapes) session.runSync({ x: feedOf(dims) });
    await session.release();
    return counters().programsCompiled - before;
  };
  for (const source of [model, file]) {
    expect(await compiledBy(undefined, source)).toBe(shapes.length);
    // The last one is always kept.
    expect(await compiledBy(0, source)).toBe(3 * shapes.length);
  }
});

describe('prepare', () => {
  test('compiles, so that runs need not', async () => {
    const session = await open();
    await session.prepare(shapes.map((dims) => ({ x: dims })));
    const before = counters().programsCompiled;
    await session.prepare([{ x: shapes[0]! }]);
    for (const dims of shapes) await session.run({ x: feedOf(dims) });
    expect(counters().programsCompiled).toBe(before);
    await session.release();
  });

  test.each<[string, unknown, string]>([
    ['an unknown input', { z: [1] }, 'INPUT_MISSING'],
    ['one input too many', { x: [1, 3, 8, 8], z: [1] }, 'INPUT_UNKNOWN'],
    ['other channels', { x: [1, 4, 8, 8] }, 'SHAPE_MISMATCH'],
    ['dims that make no sense', { x: [1, 3, -8, 8] }, 'SHAPE_MISMATCH'],
    ['dims alone', [1, 3, 8, 8], 'ARGUMENT_INVALID'],
    ['no dims', { x: 8 }, 'ARGUMENT_INVALID'],
    ['a size that is no number', { x: [1, 3, 'h', 8] }, 'INPUT_MISSING'],
  ])('refuses %s', async (_, shape, code) => {
    const session = await open();
    await expect(session.prepare([shape] as never)).rejects.toMatchObject({ code });
    await session.release();
    await expect(session.prepare([])).rejects.toMatchObject({ code: 'SESSION_RELEASED' });
  });

  test.each([null, 5, undefined, { x: [1, 3, 8, 8] }])('refuses %j in place of a list', async (shapes) => {
    const session = await open();
    await expect(session.prepare(shapes as never)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
    await session.release();
  });

  test('says where programs depend on elements, too', async () => {
    const session = await InferenceSession.create(
      encodeModel(
        makeModel({
          nodes: [makeNode({ opType: 'Reshape', name: 'view', input: ['x', 'sizes'], output: ['y'] })],
          inputs: [makeValueInfo('x', 'float32', ['n']), makeValueInfo('sizes', 'int64', [2])],
          outputs: [makeValueInfo('y', 'float32', ['a', 'b'])],
        }),
      ),
    );
    const prepared = session.prepare([{ x: [6] }]);
    await expect(prepared).rejects.toMatchObject({ code: 'INPUT_MISSING', tensor: 'sizes' });
    await session.release();
  });
});
