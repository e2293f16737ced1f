import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { GdwsError, type ErrorCode } from '../../src/base/errors';
import { InferenceSession, Tensor, type SessionOptions } from '../../src/engine/session';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import type { Constant } from '../../src/onnx/value';
import { encodeModel } from '../../src/onnx/write';

const floats = (dims: number[], value: (i: number) => number): Constant => ({
  type: 'float32',
  dims,
  data: Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => value(i)),
});

/** relu(conv(x) + x): 3×3, two channels, any batch, height and width. */
function residualModel(channels = 2): Uint8Array {
  return encodeModel(
    makeModel({
      nodes: [
        makeNode({
          opType: 'Conv',
          input: ['x', 'w'],
          output: ['c'],
          name: 'conv',
          attributes: { pads: [1, 1, 1, 1] },
        }),
        makeNode({ opType: 'Add', input: ['c', 'x'], output: ['s'] }),
        makeNode({ opType: 'Relu', input: ['s'], output: ['y'] }),
      ],
      inputs: [makeValueInfo('x', 'float32', ['batch', channels, 'height', 'width'])],
      outputs: [
        makeValueInfo('y', 'float32', ['batch', channels, 'height', 'width']),
        makeValueInfo('c', 'float32', []),
      ],
      initializers: { w: floats([channels, channels, 3, 3], (i) => ((i * 7) % 5) - 2) },
    }),
  );
}

const create = (options?: SessionOptions) => InferenceSession.create(residualModel(), options);
const image = (...dims: number[]) => new Tensor('float32', floats(dims, (i) => Math.sin(i)).data as Float32Array, dims);

/** What the model computes, by its definition. */
function expected(x: Tensor): number[] {
  const [batch, channels, height, width] = x.dims as [number, number, number, number];
  const data = x.data as Float32Array;
  const at = (n: number, c: number, i: number, j: number) =>
    i < 0 || j < 0 || i >= height || j >= width ? 0 : data[((n * channels + c) * height + i) * width + j]!;
  const result: number[] = [];
  for (let n = 0; n < batch; n++)
    for (let m = 0; m < channels; m++)
      for (let i = 0; i < height; i++)
        for (let j = 0; j < width; j++) {
          let sum = at(n, m, i, j);
          for (let c = 0; c < channels; c++)
            for (let k = 0; k < 9; k++)
              sum +=
                (((((m * channels + c) * 9 + k) * 7) % 5) - 2) * at(n, c, i + Math.floor(k / 3) - 1, j + (k % 3) - 1);
          result.push(Math.max(0, sum));
        }
  return result;
}

async function codeOf(work: Promise<unknown> | (() => unknown)): Promise<ErrorCode> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    if (error instanceof GdwsError) return error.code;
    throw error;
  }
  throw new Error('expected an error');
}

function expectClose(actual: Tensor, wanted: number[]): void {
  expect(actual.size).toBe(wanted.length);
  wanted.forEach((value, i) => expect((actual.data as Float32Array)[i]).toBeCloseTo(value, 4));
}

describe('InferenceSession', () => {
  test('tells names and metadata of inputs and outputs', async () => {
    const session = await create();
    expect(session.inputNames).toEqual(['x']);
    expect(session.outputNames).toEqual(['y', 'c']);
    expect(session.inputMetadata).toEqual([
      { name: 'x', isTensor: true, type: 'float32', shape: ['batch', 2, 'height', 'width'] },
    ]);
  });

  test.each([1, 2, 3])('runs with %i threads, for any shape, both ways', async (intraOpNumThreads) => {
    const session = await create({ intraOpNumThreads });
    for (const dims of [
      [1, 2, 4, 4],
      [3, 2, 1, 1],
      [2, 2, 7, 19],
      [1, 2, 4, 4],
    ]) {
      const x = image(...dims);
      const { y } = await session.run({ x });
      expect(y!.dims).toEqual(dims);
      expectClose(y as Tensor, expected(x));
      expectClose(session.runSync({ x }).y as Tensor, expected(x));
    }
  });

  test('takes a model as path-independent bytes, an ArrayBuffer, or a part of one', async () => {
    const bytes = residualModel();
    const padded = new Uint8Array(bytes.length + 7);
    padded.set(bytes, 3);
    const exact = bytes.slice().buffer;
    for (const session of [
      await InferenceSession.create(bytes),
      await InferenceSession.create(exact),
      await InferenceSession.create(padded.buffer, 3, bytes.length, { intraOpNumThreads: 1 }),
    ]) {
      expect((await session.run({ x: image(1, 2, 3, 3) })).y!.dims).toEqual([1, 2, 3, 3]);
    }
  });

  test('gives the outputs asked for', async () => {
    const session = await create();
    const x = image(1, 2, 3, 3);
    expect(Object.keys(await session.run({ x }, ['c']))).toEqual(['c']);
    expect(Object.keys(await session.run({ x }, { y: null }))).toEqual(['y']);
    expect(Object.keys(await session.run({ x }, {}))).toEqual(['y', 'c']);
    expect(Object.keys(session.runSync({ x }, ['y']))).toEqual(['y']);
  });

  test('copies its feeds, so that they may change during the run', async () => {
    const session = await create();
    const x = image(1, 2, 64, 64);
    const wanted = expected(x);
    const run = session.run({ x });
    await Promise.resolve();
    x.data.fill(NaN);
    expectClose((await run).y as Tensor, wanted);
  });

  test('copies feeds that lie in a Buffer, too', async () => {
    const session = await InferenceSession.create(
      encodeModel(
        makeModel({
          nodes: [makeNode({ opType: 'Cast', input: ['x'], output: ['y'], attributes: { to: 1 } })],
          inputs: [makeValueInfo('x', 'uint8', ['n'])],
          outputs: [makeValueInfo('y', 'float32', ['n'])],
        }),
      ),
    );
    const bytes = Buffer.from([1, 2, 3]);
    const run = session.run({ x: new Tensor('uint8', bytes, [3]) });
    bytes.fill(0);
    expectClose((await run).y as Tensor, [1, 2, 3]);
  });

  test('runs many at once without mixing them', async () => {
    const session = await create({ intraOpNumThreads: 1 });
    const images = Array.from({ length: 100 }, (_, i) => image(1 + (i % 3), 2, 5, 5 + (i % 4)));
    const results = await Promise.all(images.map((x) => session.run({ x })));
    results.forEach(({ y }, i) => expectClose(y as Tensor, expected(images[i]!)));
  });

  test('refuses feeds and fetches that do not fit, and names them', async () => {
    const session = await create();
    const x = image(1, 2, 3, 3);
    expect(await codeOf(session.run({}))).toBe('INPUT_MISSING');
    expect(await codeOf(session.run({ x }, ['nothing']))).toBe('OUTPUT_UNKNOWN');
    expect(await codeOf(session.run({ x: image(1, 3, 3, 3) }))).toBe('SHAPE_MISMATCH');
    expect(await codeOf(session.run({ x: image(1, 2, 9) }))).toBe('SHAPE_MISMATCH');
    expect(await codeOf(session.run({ x: new Tensor('int32', new Int32Array(18), [1, 2, 3, 3]) }))).toBe(
      'TYPE_MISMATCH',
    );
    expect(await codeOf(session.run({ x: [1, 2, 3] as unknown as Tensor }))).toBe('TYPE_MISMATCH');
    await expect(session.run({ x: image(1, 3, 3, 3) })).rejects.toThrow(
      /'x'.*\[1, 3, 3, 3\].*\[batch, 2, height, width\]/,
    );
    expectClose((await session.run({ x })).y as Tensor, expected(x));
  });

  test('refuses a model that it cannot read or run', async () => {
    const unknown = makeModel({
      nodes: [makeNode({ opType: 'Frobnicate', input: ['x'], output: ['y'], name: 'frob' })],
      inputs: [makeValueInfo('x', 'float32', [1])],
      outputs: [makeValueInfo('y', 'float32', [1])],
    });
    expect(await codeOf(InferenceSession.create(encodeModel(unknown)))).toBe('OPERATOR_UNSUPPORTED');
    await expect(InferenceSession.create(encodeModel(unknown))).rejects.toThrow(/Frobnicate 'frob'/);
    expect(await codeOf(InferenceSession.create('no/such/model.onnx'))).toBe('MODEL_UNREADABLE');
    expect(await codeOf(InferenceSession.create(residualModel().subarray(0, 99)))).toBe('MODEL_UNREADABLE');
    expect(await codeOf(InferenceSession.create(17 as unknown as string))).toBe('ARGUMENT_INVALID');
    expect(await codeOf(create({ intraOpNumThreads: -1 }))).toBe('ARGUMENT_INVALID');
  });

  test('stops a run whose signal fires, before or during it', async () => {
    const session = await create({ intraOpNumThreads: 2 });
    const x = image(1, 2, 4, 4);
    expect(await codeOf(session.run({ x }, { signal: AbortSignal.abort() }))).toBe('ABORTED');
    // Behind enough other runs that it is still waiting.
    const large = image(8, 2, 128, 128);
    const ahead = Array.from({ length: 8 }, () => session.run({ x: large }));
    const controller = new AbortController();
    const waiting = session.run({ x }, { signal: controller.signal });
    controller.abort();
    expect(await codeOf(waiting)).toBe('ABORTED');
    await Promise.all(ahead);
  });

  test('is of no use after release, and is released by await using', async () => {
    const session = await create();
    await session.release();
    await session.release();
    expect(await codeOf(session.run({ x: image(1, 2, 3, 3) }))).toBe('SESSION_RELEASED');
    const disposed = await create();
    await disposed[Symbol.asyncDispose]();
    expect(await codeOf(() => disposed.runSync({ x: image(1, 2, 3, 3) }))).toBe('SESSION_RELEASED');
  });

  test('leaves the event loop free while it runs', async () => {
    const session = await create({ intraOpNumThreads: 1 });
    const x = image(16, 2, 256, 256);
    let turns = 0;
    let ended = false;
    const turn = () => {
      turns++;
      if (!ended) setImmediate(turn);
    };
    setImmediate(turn);
    for (let run = 0; run < 20; run++) await session.run({ x });
    ended = true;
    // Were the loop blocked, it would turn once or twice a run.
    expect(turns).toBeGreaterThan(100);
  });

  test('works in worker threads that end while it runs', async () => {
    const addon = process.env.GDWS_ADDON ?? path.join(__dirname, '..', '..', 'build', 'Release', 'gdws.node');
    const source = `
      const { parentPort } = require('node:worker_threads');
      const native = require(${JSON.stringify(addon)});
      parentPort.postMessage(native.kernels.length);
      setInterval(() => {}, 1000);
    `;
    for (let round = 0; round < 5; round++) {
      const worker = new Worker(source, { eval: true });
      await new Promise((resolve) => worker.once('message', resolve));
      expect(await worker.terminate()).toBe(1);
    }
  });
});
