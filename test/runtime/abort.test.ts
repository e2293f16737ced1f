import { getEventListeners } from 'node:events';
import { counters } from '../../src/addon/introspection';
import { InferenceSession, Tensor } from '../../src/engine/session';
import { convolutionStack, numbers } from './models';

const model = convolutionStack({ channels: 16, layers: 8 });
const image = (seed: number, batch = 1, size = 32) =>
  new Tensor('float32', numbers(batch * 16 * size * size, seed), [batch, 16, size, size]);
const data = ({ y }: Awaited<ReturnType<InferenceSession['run']>>) => y!.data as Float32Array;

describe('an AbortSignal', () => {
  test('ends a queued run at once, for its reason, and leaves the others', async () => {
    // Seconds of work for feeds that are copied in no time: the runs ahead still go on when the signal fires.
    const session = await InferenceSession.create(convolutionStack({ channels: 16, layers: 400, shared: true }));
    const x = image(1, 1, 64);
    await session.run({ x });
    const little = image(2, 1, 4);
    await session.run({ x: little });
    let ended = 0;
    const ahead = Array.from({ length: 8 }, () => session.run({ x }).then(() => ended++));
    const controller = new AbortController();
    const queued = Array.from({ length: 100 }, () => session.run({ x: little }, { signal: controller.signal }));
    const reason = new Error('enough');
    controller.abort(reason);
    const outcomes = await Promise.allSettled(queued);
    expect(ended).toBeLessThan(8);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'ABORTED', cause: reason } });
    }
    await Promise.all(ahead);
    expect(counters().queued).toBe(0);
  });

  test('ends the wait for a compilation at once', async () => {
    const session = await InferenceSession.create(model);
    const controller = new AbortController();
    const run = session.run({ x: image(1, 2) }, { signal: controller.signal });
    controller.abort();
    await expect(run).rejects.toMatchObject({ code: 'ABORTED' });
    expect(data(await session.run({ x: image(1, 2) }))).toHaveLength(2 * 16 * 32 * 32);
  });

  test('that never fires holds nothing of the runs that it was given to', async () => {
    const warnings: Error[] = [];
    const warn = (warning: Error) => warnings.push(warning);
    process.on('warning', warn);
    const small = await InferenceSession.create(convolutionStack({ channels: 1, layers: 1 }), { intraOpNumThreads: 1 });
    const { signal } = new AbortController();
    const x = new Tensor('float32', numbers(4), [1, 1, 2, 2]);
    const runs = process.env.GDWS_LONG_TESTS ? 100_000 : 5000;
    for (let i = 0; i < runs; i += 50)
      await Promise.all(Array.from({ length: 50 }, () => small.run({ x }, { signal })));
    // What is left of a listener for each run would be seen here.
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(warnings).toEqual([]);
    process.off('warning', warn);
  });
});
