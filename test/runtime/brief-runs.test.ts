import { InferenceSession, Tensor } from '../../src/engine/session';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { encodeModel } from '../../src/onnx/write';

const model = encodeModel(
  makeModel({
    nodes: [makeNode({ opType: 'Relu', input: ['x'], output: ['y'] })],
    inputs: [makeValueInfo('x', 'float32', [4])],
    outputs: [makeValueInfo('y', 'float32', [4])],
  }),
);
const feedOf = (value: number) => new Tensor('float32', Float32Array.from([value, -1 - value, 1, -1]), [4]);
const open = () => InferenceSession.create(model, { intraOpNumThreads: 1 });

test('runs that take microseconds one after the other, awaited, leave turns to the event loop', async () => {
  const session = await open();
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const begin = performance.now();
  while (performance.now() - begin < 500) await session.run({ x: feedOf(2) });
  clearInterval(timer);
  expect(turns).toBeGreaterThan(10);
  await session.release();
});

test('many at once give their own results, in order', async () => {
  const session = await open();
  for (let round = 0; round < 5; round++) {
    const order: number[] = [];
    const results = await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        const { y } = await session.run({ x: feedOf(i) });
        order.push(i);
        return [...(y!.data as Float32Array)];
      }),
    );
    results.forEach((result, i) => expect(result).toEqual([i, 0, 1, 0]));
    expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  }
  await session.release();
});

test('a signal that fired before, and a released session, are heeded', async () => {
  const session = await open();
  for (let i = 0; i < 3; i++) await session.run({ x: feedOf(i) });
  const signal = AbortSignal.abort();
  await expect(session.run({ x: feedOf(1) }, { signal })).rejects.toMatchObject({ code: 'ABORTED' });
  await session.release();
  await expect(session.run({ x: feedOf(1) })).rejects.toMatchObject({ code: 'SESSION_RELEASED' });
});
