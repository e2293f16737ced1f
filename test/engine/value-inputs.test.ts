import { setTimeout as sleep } from 'node:timers/promises';
import v8 from 'node:v8';
import vm from 'node:vm';
import { counters } from '../../src/addon/introspection';
import { InferenceSession, Tensor } from '../../src/engine/session';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { encodeModel } from '../../src/onnx/write';

/** x (4, 6), seen under the dims that are fed, and doubled. */
const reshaping = (sizes: (number | string)[] = [2], dims: (number | string)[] = [4, 6]) =>
  encodeModel(
    makeModel({
      nodes: [
        makeNode({ opType: 'Cast', input: ['sizes'], output: ['dims'], attributes: { to: 7 } }),
        makeNode({ opType: 'Reshape', name: 'view', input: ['x', 'dims'], output: ['seen'] }),
        makeNode({ opType: 'Add', input: ['seen', 'seen'], output: ['y'] }),
      ],
      inputs: [makeValueInfo('x', 'float32', dims), makeValueInfo('sizes', 'int32', sizes)],
      outputs: [makeValueInfo('y', 'float32', ['a', 'b'])],
    }),
  );
const x = new Tensor(
  'float32',
  Float32Array.from({ length: 24 }, (_, i) => i),
  [4, 6],
);
const sizes = (...values: number[]) => new Tensor('int32', Int32Array.from(values), [values.length]);

/** Bytes of weights that are left once programs that were let go are collected. */
async function weightsInUse(): Promise<number> {
  v8.setFlagsFromString('--expose-gc');
  const collect = vm.runInNewContext('gc') as () => void;
  for (let round = 0; round < 3; round++) {
    await sleep(1);
    collect();
  }
  return counters().weightBytes;
}

describe('an input whose values must be known before the run', () => {
  test('is compiled for', async () => {
    const session = await InferenceSession.create(reshaping());
    for (const dims of [
      [2, 12],
      [24, 1],
      [2, 12],
      [3, -1],
    ]) {
      const wanted = dims.map((dim) => (dim < 0 ? 8 : dim));
      const { y } = await session.run({ x, sizes: sizes(...dims) });
      expect(y!.dims).toEqual(wanted);
      expect([...(y!.data as Float32Array)]).toEqual(Array.from(x.data, (value) => 2 * value));
      expect(session.runSync({ x, sizes: sizes(...dims) }).y!.dims).toEqual(wanted);
    }
  });

  test('is found though another node has the name of the one that needs it', async () => {
    // The engine adds no bytes in a run, but knows the sum of those that are known.
    const sum = { opType: 'Add', name: 'sum' };
    const model = makeModel({
      nodes: [
        makeNode({ ...sum, input: ['floats', 'floats'], output: ['ofFloats'] }),
        makeNode({ ...sum, input: ['bytes', 'bytes'], output: ['ofBytes'] }),
      ],
      inputs: [makeValueInfo('floats', 'float32', [2]), makeValueInfo('bytes', 'uint8', [2])],
      outputs: [makeValueInfo('ofFloats', 'float32', [2]), makeValueInfo('ofBytes', 'uint8', [2])],
    });
    const session = await InferenceSession.create(encodeModel(model));
    const { ofFloats, ofBytes } = await session.run({
      floats: new Tensor('float32', Float32Array.of(1, 2), [2]),
      bytes: new Tensor('uint8', Uint8Array.of(3, 4), [2]),
    });
    expect([ofFloats, ofBytes].map((tensor) => [...(tensor!.data as Uint8Array)])).toEqual([
      [2, 4],
      [6, 8],
    ]);
    await session.release();
  });

  test('is found where a program cannot be encoded without it', async () => {
    const pads = { type: 'int64' as const, dims: [2], data: BigInt64Array.of(-3_000_000_000n, 3_000_000_000n) };
    const model = makeModel({
      nodes: [makeNode({ opType: 'Pad', input: ['x', 'pads'], output: ['y'] })],
      inputs: [makeValueInfo('x', 'float32', [4])],
      outputs: [makeValueInfo('y', 'float32', [4])],
      initializers: { pads },
    });
    const session = await InferenceSession.create(encodeModel(model));
    const { y } = await session.run({ x: new Tensor('float32', Float32Array.of(1, 2, 3, 4), [4]) });
    expect([...(y!.data as Float32Array)]).toEqual([0, 0, 0, 0]);
    await session.release();
  });

  test('is compiled for once a value', async () => {
    const session = await InferenceSession.create(reshaping());
    const before = counters().programsCompiled;
    for (let round = 0; round < 5; round++) {
      await session.run({ x, sizes: sizes(2, 12) });
      await session.run({ x, sizes: sizes(12, 2) });
    }
    expect(counters().programsCompiled - before).toBe(2);
  });

  test.each([
    ['known to be one', [4, 6]],
    ['found to be one by the first run', [4, 'n']],
  ])('%s, does not mix up runs with different values at once', async (_, dims) => {
    const session = await InferenceSession.create(reshaping([2], dims));
    const all = [1, 2, 3, 4, 6, 8, 12, 24];
    const results = await Promise.all(all.map((rows) => session.run({ x, sizes: sizes(rows, 24 / rows) })));
    expect(results.map(({ y }) => y!.dims)).toEqual(all.map((rows) => [rows, 24 / rows]));
  });

  test('is read when the run is asked for', async () => {
    const session = await InferenceSession.create(reshaping());
    const data = Int32Array.from([2, 12]);
    const running = session.run({ x, sizes: new Tensor('int32', data, [2]) });
    data.fill(0);
    expect((await running).y!.dims).toEqual([2, 12]);
  });

  test('keeps no memory of values long gone', async () => {
    const session = await InferenceSession.create(
      encodeModel(
        makeModel({
          nodes: [makeNode({ opType: 'ConstantOfShape', input: ['sizes'], output: ['y'] })],
          inputs: [makeValueInfo('sizes', 'int64', [1])],
          outputs: [makeValueInfo('y', 'float32', ['n'])],
        }),
      ),
    );
    const run = (length: number) =>
      session.run({ sizes: new Tensor('int64', BigInt64Array.from([BigInt(length)]), [1]) });
    for (let length = 1; length <= 40; length++) await run(100_000 + length);
    const few = await weightsInUse();
    for (let length = 1; length <= 40; length++) await run(200_000 + length);
    // Programs of the last values are kept, up to 32 MiB, each with its constant of twice the size now.
    expect(await weightsInUse()).toBeLessThan(2.5 * few);
  });

  test('of many elements is read between two programs', async () => {
    const session = await InferenceSession.create(reshaping(['n']));
    await expect(session.run({ x, sizes: sizes(...new Array<number>(65).fill(1)) })).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
      node: 'view',
    });
    expect((await session.run({ x, sizes: sizes(3, 8) })).y!.dims).toEqual([3, 8]);
  });
});
