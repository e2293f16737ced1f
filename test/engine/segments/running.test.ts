import fs from 'node:fs';
import { counters } from '../../../src/addon/introspection';
import { InferenceSession } from '../../../src/engine/session';
import type { ModelProto } from '../../../src/onnx/onnx_pb';
import type { Constant } from '../../../src/onnx/value';
import { encodeModel } from '../../../src/onnx/write';
import { evaluate } from '../../onnx/oracle';
import { temporaryFolder } from '../../onnx/temporary-folder';
import { Random } from '../../operators/random';
import { body, bool, constants, expectAlike, floats, info, ints, model, tensors } from './models';

const random = new Random(9);
const folder = temporaryFolder();
const trip = [info('i', 'int64', []), info('going', 'bool', [])];

/** A Loop over `trips`; the body has one convolution or, where it is empty, nothing that a program would run. */
const looping = (isEmpty = false): ModelProto =>
  model({
    nodes: [
      {
        opType: 'Loop',
        name: 'loop',
        input: ['trips', 'yes', 'x'],
        output: ['y', ...(isEmpty ? [] : ['all'])],
        attributes: {
          body: body({
            nodes: isEmpty
              ? []
              : [
                  {
                    opType: 'Conv',
                    name: 'conv',
                    input: ['state', 'w'],
                    output: ['next'],
                    attributes: { pads: [1, 1, 1, 1] },
                  },
                ],
            inputs: [...trip, info('state', 'float32', [1, 4, 'h', 'w'])],
            outputs: isEmpty ? ['going', 'state'] : ['going', 'next', 'next'],
          }),
        },
      },
    ],
    inputs: [info('x', 'float32', [1, 4, 'h', 'w']), info('trips', 'int64', [])],
    outputs: ['y', ...(isEmpty ? [] : ['all'])],
    initializers: { yes: bool(true), w: random.floats([4, 4, 3, 3], -0.2, 0.2) },
  });

const image = (size = 8): Constant => random.floats([1, 4, size, size]);
const endless = ints([], 1_000_000_000);
const open = (tested: ModelProto, options: InferenceSession.SessionOptions = {}) =>
  InferenceSession.create(encodeModel(tested), { intraOpNumThreads: 1, ...options });

describe('a run in segments', () => {
  test.each([
    ['runs programs', false],
    ['runs none', true],
  ])('is aborted by its signal in a loop that %s', async (_, isEmpty) => {
    const session = await open(looping(isEmpty), { limits: { trips: Infinity } } as never);
    const reason = new Error('enough');
    const controller = new AbortController();
    const run = session.run(tensors({ x: image(), trips: endless }), { signal: controller.signal } as never);
    setTimeout(() => controller.abort(reason), 50);
    await expect(run).rejects.toMatchObject({ code: 'ABORTED', cause: reason });
    await session.release();
  });

  test('is aborted by release', async () => {
    const session = await open(looping());
    const run = session.run(tensors({ x: image(), trips: endless }));
    setTimeout(() => void session.release(), 50);
    await expect(run).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(session.run(tensors({ x: image(), trips: endless }))).rejects.toMatchObject({
      code: 'SESSION_RELEASED',
    });
  });

  test('is aborted before it begins', async () => {
    const session = await open(looping());
    const signal = AbortSignal.abort();
    await expect(session.run(tensors({ x: image(), trips: endless }), { signal } as never)).rejects.toMatchObject({
      code: 'ABORTED',
    });
    await session.release();
  });

  test('keeps the limits of trips and of memory', async () => {
    const few = await open(looping(true), { limits: { trips: 100 } } as never);
    const tooMany = { code: 'LIMIT_EXCEEDED', node: 'loop', message: expect.stringContaining('trips') as string };
    await expect(few.run(tensors({ x: image(), trips: endless }))).rejects.toMatchObject(tooMany);
    expect(() => few.runSync(tensors({ x: image(), trips: endless }))).toThrow(
      expect.objectContaining(tooMany) as Error,
    );
    await few.run(tensors({ x: image(), trips: ints([], 100) }));
    const small = await open(looping(), { limits: { memoryBytes: 200_000 } } as never);
    await small.run(tensors({ x: image(), trips: ints([], 50) }));
    await expect(small.run(tensors({ x: image(), trips: ints([], 200) }))).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('memoryBytes') as string,
    });
  });

  test('makes no program for each number of a trip', async () => {
    const tested = model({
      nodes: [
        {
          opType: 'Loop',
          input: ['trips', '', 'start'],
          output: ['y'],
          attributes: {
            body: body({
              nodes: [
                { opType: 'Unsqueeze', input: ['i', 'zero'], output: ['from'] },
                { opType: 'Add', input: ['from', 'one'], output: ['to'] },
                { opType: 'Slice', input: ['x', 'from', 'to', 'zero'], output: ['part'] },
                { opType: 'Add', input: ['sum', 'part'], output: ['next'] },
              ],
              inputs: [...trip, info('sum', 'float32', [1])],
              outputs: ['going', 'next'],
            }),
          },
        },
      ],
      inputs: [info('x', 'float32', [100]), info('trips', 'int64', [])],
      outputs: ['y'],
      initializers: { zero: ints([1], 0), one: ints([1], 1), start: floats([1], 0) },
    });
    const session = await open(tested);
    const before = counters().programsCompiled;
    const feeds = { x: random.floats([100]), trips: ints([], 50) };
    expectAlike(constants(await session.run(tensors(feeds))), await evaluate(tested, feeds));
    expect(counters().programsCompiled - before).toBeLessThanOrEqual(2);
    await session.release();
  });

  test('may be one of several at once', async () => {
    const tested = looping();
    const session = await open(tested);
    const feeds = Array.from({ length: 12 }, (_, i) => ({ x: image(4 + (i % 5)), trips: ints([], 1 + (i % 4)) }));
    const found = await Promise.all(feeds.map((one) => session.run(tensors(one))));
    for (const [i, one] of feeds.entries()) expectAlike(constants(found[i]!), await evaluate(tested, one));
    await session.release();
  });

  test('does not see what becomes of its feeds, nor writes into them', async () => {
    const session = await open(looping(true));
    const feeds = tensors({ x: image(), trips: ints([], 3) });
    const before = [...(feeds.x!.data as Float32Array)];
    const run = session.run(feeds);
    (feeds.x!.data as Float32Array).fill(7);
    const { y } = await run;
    expect([...(y!.data as Float32Array)]).toEqual(before);
    const again = session.runSync(feeds).y!;
    (again.data as Float32Array).fill(1);
    expect((feeds.x!.data as Float32Array)[0]).toBe(7);
  });

  test('gives results that share no memory, and the constants of the model stay', async () => {
    const tested = model({
      nodes: [
        {
          opType: 'If',
          input: ['c'],
          output: ['y', 'z'],
          attributes: {
            then_branch: body({ nodes: [{ opType: 'Identity', input: ['k'], output: ['a'] }], outputs: ['a', 'a'] }),
            else_branch: body({ nodes: [{ opType: 'Neg', input: ['k'], output: ['a'] }], outputs: ['a', 'a'] }),
          },
        },
        { opType: 'ReduceMax', input: ['x'], output: ['most'], attributes: { keepdims: 0 } },
        { opType: 'Cast', input: ['most'], output: ['c'], attributes: { to: 9 } },
      ],
      inputs: [info('x', 'float32', ['n'])],
      outputs: ['y', 'z'],
      initializers: { k: floats([2], 1, 2) },
    });
    const session = await open(tested);
    for (const x of [floats([1], 0), floats([1], 1), floats([1], 0), floats([1], 1)]) {
      const { y, z } = await session.run(tensors({ x }));
      const sign = (x.data as Float32Array)[0] === 1 ? 1 : -1;
      (y!.data as Float32Array).fill(100);
      expect([...(z!.data as Float32Array)]).toEqual([sign, 2 * sign]);
    }
  });

  test('writes into given tensors, and gives the outputs that are asked for', async () => {
    const session = await open(looping());
    const feeds = tensors({ x: image(), trips: ints([], 2) });
    const { y } = await session.run(feeds);
    const [target] = Object.values(tensors({ y: image() }));
    expect(Object.keys(await session.run(feeds, ['all']))).toEqual(['all']);
    const results = await session.run(feeds, { y: target! });
    expect(results.y).toBe(target);
    expect([...(target!.data as Float32Array)]).toEqual([...(y!.data as Float32Array)]);
    const wrong = tensors({ y: image(3) }).y!;
    await expect(session.run(feeds, { y: wrong })).rejects.toMatchObject({ code: 'SHAPE_MISMATCH', tensor: 'y' });
    await expect(session.run({ x: feeds.x! })).rejects.toMatchObject({ code: 'INPUT_MISSING', tensor: 'trips' });
  });

  test('is profiled with the nodes of bodies', async () => {
    const session = await open(looping());
    session.startProfiling();
    await session.run(tensors({ x: image(), trips: ints([], 5) }));
    session.endProfiling();
    await session.run(tensors({ x: image(), trips: ints([], 5) }));
    expect(session.profile()).toMatchObject([{ node: 'conv', operator: 'Conv', runs: 5, shape: [1, 4, 8, 8] }]);
  });

  test('names the node of a body in its errors, and does not ask for what no run takes', async () => {
    const branch = (opType: string) =>
      body({ nodes: [{ opType, name: 'within', input: ['x', 'x'], output: ['a'] }], outputs: ['a'] });
    const tested = model({
      nodes: [
        {
          opType: 'If',
          input: ['c'],
          output: ['y'],
          attributes: { then_branch: branch('MatMul'), else_branch: branch('Wobble') },
        },
      ],
      inputs: [info('x', 'float32', ['n', 'm']), info('c', 'bool', [])],
      outputs: ['y'],
    });
    const session = await open(tested);
    await session.run(tensors({ x: floats([1, 1], 3), c: bool(true) }));
    await expect(session.run(tensors({ x: floats([1, 2], 3, 4), c: bool(true) }))).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
      node: 'within',
    });
    await expect(session.run(tensors({ x: floats([1, 1], 3), c: bool(false) }))).rejects.toMatchObject({
      code: 'OPERATOR_UNSUPPORTED',
      node: 'within',
      operator: 'Wobble',
    });
  });

  test('packs weights once for all branches and shapes', async () => {
    const branch = (opType: string) =>
      body({
        nodes: [
          { opType: 'MatMul', input: ['x', 'w'], output: ['a'] },
          { opType, input: ['a'], output: ['b'] },
        ],
        outputs: ['b'],
      });
    const tested = model({
      nodes: [
        { opType: 'ReduceSum', input: ['x'], output: ['sum'], attributes: { keepdims: 0 } },
        { opType: 'Cast', input: ['sum'], output: ['computed'], attributes: { to: 9 } },
        {
          opType: 'If',
          input: ['computed'],
          output: ['y'],
          attributes: { then_branch: branch('Relu'), else_branch: branch('Abs') },
        },
        {
          opType: 'If',
          input: ['known'],
          output: ['z'],
          attributes: { then_branch: branch('Neg'), else_branch: branch('Exp') },
        },
      ],
      inputs: [info('x', 'float32', ['n', 256]), info('known', 'bool', [])],
      outputs: ['y', 'z'],
      initializers: { w: random.floats([256, 512]) },
    });
    const before = counters().weightBytes;
    const session = await open(tested);
    for (const value of [0, 1]) {
      for (const known of [true, false]) {
        await session.run(tensors({ x: floats([8, 256], ...new Array<number>(2048).fill(value)), known: bool(known) }));
      }
    }
    const bytes = counters().weightBytes - before;
    // Sessions of other tests may be collected meanwhile.
    expect(bytes).toBeGreaterThan(0.9 * 256 * 512 * 4);
    expect(bytes).toBeLessThan(1.5 * 256 * 512 * 4);
    await session.release();
  });

  test('of a file whose shapes turn out to depend on data', async () => {
    const file = folder.file('model.onnx');
    const tested = model({
      nodes: [
        { opType: 'Conv', input: ['x', 'w'], output: ['product'], attributes: { pads: [1, 1, 1, 1] } },
        { opType: 'ReduceMax', input: ['x'], output: ['most'], attributes: { keepdims: 0 } },
        { opType: 'Cast', input: ['most'], output: ['count'], attributes: { to: 7 } },
        { opType: 'Abs', input: ['count'], output: ['positive'] },
        { opType: 'Unsqueeze', input: ['positive', 'zero'], output: ['size'] },
        { opType: 'Slice', input: ['product', 'zero', 'size', 'one'], output: ['part'] },
      ],
      inputs: [info('x', 'float32', ['n', 16, 'h', 'w'])],
      outputs: ['part'],
      initializers: { w: random.floats([4096, 16, 3, 3], 0, 1), zero: ints([1], 0), one: ints([1], 1) },
    });
    fs.writeFileSync(file, encodeModel(tested));
    const session = await InferenceSession.create(file, { intraOpNumThreads: 1 });
    // The first one is so small that a program is made for its values; the weights in the file's pages are discarded by that.
    const feeds = [1, 70, 2, 3, 4, 5].map((n) => ({ x: random.floats([n, 16, 1, 1], 0, 9) }));
    const [first, ...others] = feeds;
    const found = [
      await session.run(tensors(first!)),
      ...(await Promise.all(others.map((one) => session.run(tensors(one))))),
    ];
    for (const [i, one] of feeds.entries()) expectAlike(constants(found[i]!), await evaluate(tested, one));
    // Larger maps need the weights in another form.
    const larger = { x: random.floats([1, 16, 14, 14], 0, 9) };
    expectAlike(constants(session.runSync(tensors(larger))), await evaluate(tested, larger));
    await session.release();
  });
});
