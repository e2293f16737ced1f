import { compress } from '../../src/compress/compress';
import type { CompressOptions } from '../../src/compress/options';
import { InferenceSession, Tensor } from '../../src/engine/session';
import type { LatencyModel, LayerLatency } from '../../src/latency/latency-model';
import { relativeDifference, run } from '../gdws/onnxruntime';
import { ownCacheFolder } from './cache-folder';
import { withKnownTimes } from './known-times';
import { smallNetwork } from './network';

const cache = ownCacheFolder();

/** A layer that takes `dense`, and as GDWS `overhead` and `step` for each kernel. */
function layer(dense: number, overhead: number, step: number): LayerLatency {
  return { dense, kernels: [1, 100], gdws: [overhead + step, overhead + 100 * step] };
}

/** GDWS pays for `plain` and `shared1`, for `wide` up to 9 kernels, and never for `grouped` and `narrow`. */
const model: LatencyModel = {
  threads: 1,
  batch: 4,
  instructionSet: 'portable',
  dense: 100,
  layers: {
    plain: layer(20, 1, 0.1),
    grouped: layer(5, 5.5, 0),
    shared1: layer(40, 2, 0.2),
    wide: layer(10, 0, 1),
    narrow: layer(5, 4.9, 0.01),
  },
};
/** One kernel in each: (100 - 20 - 40 - 10 + 1.1 + 2.2 + 1) / 100 */
const least = 0.343;
const compressed = async (options: CompressOptions) =>
  (await compress(smallNetwork(), { latencyModel: model, ...options })).summary;

describe('a budget of time', () => {
  test.each([0.36, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])('of %p is kept, and nothing becomes slower', async (latency) => {
    const summary = await compressed({ latency });
    expect(summary.time!.before).toBe(100);
    expect(summary.time!.after).toBeLessThanOrEqual(100 * latency + 1e-9);
    let saved = 0;
    for (const { name, status, reason, time } of summary.layers) {
      if (name === 'grouped' || name === 'narrow') expect(reason).toBe('not faster as GDWS');
      if (status === 'dense') {
        if (time) expect(time.after).toBe(time.before);
        continue;
      }
      expect(time!.after).toBeLessThan(0.97 * time!.before);
      saved += time!.before - time!.after;
    }
    expect(summary.time!.after).toBeCloseTo(100 - saved, 9);
  });

  test('of 1 leaves the network as it is', async () => {
    const summary = await compressed({ latency: 1 });
    expect(summary.layers.every(({ status }) => status === 'dense')).toBe(true);
    expect(summary.layers.find(({ name }) => name === 'plain')!.reason).toBe('dense fits the budget');
    expect(summary.time).toEqual({ before: 100, after: 100 });
  });

  test('is spent: the more there is, the less is lost', async () => {
    let before = Infinity;
    for (const latency of [0.36, 0.4, 0.45, 0.5, 0.55, 0.6]) {
      const { layers } = await compressed({ latency });
      const loss = layers.reduce((sum, { relativeError }) => sum + relativeError ** 2, 0);
      expect(loss).toBeLessThan(before);
      before = loss;
    }
  });

  test('in images a second is the share that they take', async () => {
    // 4 images in 50 ms
    expect(await compressed({ fps: 80 })).toEqual(await compressed({ latency: 0.5 }));
    const slow = await compressed({ fps: 1 });
    expect(slow.layers.every(({ status }) => status === 'dense')).toBe(true);
  });

  test('that cannot be met is refused with what can', async () => {
    await expect(compressed({ latency: 0.2 })).rejects.toMatchObject({
      code: 'BUDGET_OUT_OF_RANGE',
      remedy: expect.stringContaining(` ${least}:`) as string,
    });
    expect((await compressed({ latency: least })).time!.after).toBeCloseTo(100 * least, 9);
    const rate = Math.floor((40 / least) * 100) / 100;
    await expect(compressed({ fps: 1000 })).rejects.toMatchObject({
      code: 'BUDGET_OUT_OF_RANGE',
      remedy: expect.stringContaining(` ${rate}:`) as string,
    });
    expect((await compressed({ fps: rate })).time!.after).toBeLessThanOrEqual(4000 / rate);
  });

  test.each<[CompressOptions, string]>([
    [{ latency: 0 }, 'BUDGET_OUT_OF_RANGE'],
    [{ latency: 1.5 }, 'BUDGET_OUT_OF_RANGE'],
    [{ latency: '0.5' as unknown as number }, 'ARGUMENT_INVALID'],
    [{ fps: 0 }, 'BUDGET_OUT_OF_RANGE'],
    [{ fps: NaN }, 'BUDGET_OUT_OF_RANGE'],
    [{ latency: 0.5, macs: 0.5 }, 'ARGUMENT_INVALID'],
    [{ latency: 0.5, fps: 3 }, 'ARGUMENT_INVALID'],
  ])('refuses %j', async (options, code) => {
    await expect(compressed(options)).rejects.toMatchObject({ code });
  });

  test('leaves a layer dense whose times are not known', async () => {
    const layers = { ...model.layers } as Record<string, LayerLatency>;
    delete layers.plain;
    const summary = await compressed({ latency: 0.7, latencyModel: { ...model, layers } });
    expect(summary.layers.find(({ name }) => name === 'plain')).toMatchObject({ status: 'dense', time: undefined });
  });

  test('is measured where no times are given; both engines run the result alike', async () => {
    const compression = await withKnownTimes(cache(), () =>
      compress(smallNetwork(), { latency: 0.9, batch: 16, runThreads: 1 }),
    );
    const { time, layers } = compression.summary;
    expect(time!.after).toBeLessThanOrEqual(0.9 * time!.before * (1 + 1e-9));
    expect(layers.some(({ status }) => status === 'gdws')).toBe(true);
    const data = Float32Array.from({ length: 2 * 3 * 144 }, (_, i) => Math.sin(i));
    const session = await InferenceSession.create(compression.bytes(), { intraOpNumThreads: 1 });
    const own = await session.run({ x: new Tensor('float32', data, [2, 3, 12, 12]) });
    const peer = await run(compression.bytes(), { x: { dims: [2, 3, 12, 12], data } });
    expect(relativeDifference(own['narrow.out']!.data as Float32Array, peer['narrow.out']!)).toBeLessThan(1e-4);
  });
});

test('a latency model gives the times of other goals too', async () => {
  const { time, layers } = await compressed({ macs: 0.5 });
  const saved = layers.reduce((sum, layer) => sum + (layer.time ? layer.time.before - layer.time.after : 0), 0);
  expect(time!.after).toBeCloseTo(100 - saved, 9);
  expect((await compress(smallNetwork(), { macs: 0.5 })).summary.time).toBeUndefined();
});
