import fs from 'node:fs';
import path from 'node:path';
import { measureLatency, type LatencyOptions } from '../../src/compress/measure-latency';
import { ownCacheFolder } from './cache-folder';
import { layerNames, smallNetwork } from './network';

const cacheFolder = ownCacheFolder();

/** The model, and whether anything was measured for it. */
async function measured(options: LatencyOptions = {}, network = smallNetwork()) {
  let done = 0;
  const latency = await measureLatency(network, { runThreads: 1, ...options, onMeasured: (part) => (done = part) });
  return { latency, isNew: done > 0 };
}

function cacheFile(): string {
  const files = fs.readdirSync(cacheFolder());
  expect(files).toHaveLength(1);
  return path.join(cacheFolder(), files[0]!);
}

type Content = Record<string, unknown> & { latencies: object };

describe('measureLatency', () => {
  test('times every layer that may be replaced, monotone in its kernels, and no more than the network takes', async () => {
    const { latency } = await measured({ batch: 3 });
    expect(latency).toMatchObject({ threads: 1, batch: 3 });
    expect(Object.keys(latency.layers)).toEqual(layerNames);
    let sum = 0;
    for (const { dense, kernels, gdws } of Object.values(latency.layers)) {
      expect(dense).toBeGreaterThan(0);
      sum += dense;
      expect(kernels).toHaveLength(gdws.length);
      gdws.forEach((time, i) => {
        expect(time).toBeGreaterThan(0);
        if (i === 0) return;
        expect(time).toBeGreaterThanOrEqual(gdws[i - 1]!);
        expect(kernels[i]).toBeGreaterThan(kernels[i - 1]!);
      });
    }
    expect(sum).toBeLessThan(latency.dense);
    expect(latency.layers.grouped!.kernels[0]).toBe(2);
  });

  test('with int8, times the layers in integers, and the network in floats beside them', async () => {
    const { latency } = await measured({ int8: true });
    const floats = await measured();
    expect(floats.isNew).toBe(false);
    expect(floats.latency.inFloats).toBeUndefined();
    expect(latency.inFloats!.dense).toBeGreaterThan(0);
    expect(Object.keys(latency.inFloats!.layers)).toEqual(layerNames);
    expect(Object.keys(latency.inFloats!.products)).toEqual(['first']);
    expect(Object.keys(latency.layers)).toEqual(layerNames);
    expect(await measured({ int8: true })).toEqual({ latency, isNew: false });
  });

  test('remembers what was measured, by shapes, layers, threads and batch', async () => {
    const first = await measured();
    expect(first.isNew).toBe(true);
    expect(await measured()).toEqual({ latency: first.latency, isNew: false });
    for (const options of [{ batch: 2 }, { runThreads: 2 }, { exclude: ['wide'] }]) {
      expect((await measured(options)).isNew).toBe(true);
      expect((await measured(options)).isNew).toBe(false);
    }
    expect((await measured({ batch: 1 })).isNew).toBe(false);
    expect((await measured({ remeasure: true })).isNew).toBe(true);
    const kept = JSON.parse(fs.readFileSync(cacheFile(), 'utf8')) as Content;
    expect(Object.keys(kept.latencies)).toHaveLength(4);
  });

  test.each<[string, (content: Content) => string]>([
    ['cut short', (content) => JSON.stringify(content).slice(0, -9)],
    ['of another build', (content) => JSON.stringify({ ...content, build: 'x' })],
    ['with texts for times', (content) => JSON.stringify({ ...content, latencies: { x: 'y' } })],
  ])('takes a cache file that is %s for none, and replaces it', async (_, damage) => {
    await measured();
    const file = cacheFile();
    const good = fs.readFileSync(file, 'utf8');
    fs.writeFileSync(file, damage(JSON.parse(good) as Content));
    expect((await measured()).isNew).toBe(true);
    expect(cacheFile()).toBe(file);
    expect((await measured()).isNew).toBe(false);
  });

  test('does without a cache that cannot be written', async () => {
    fs.writeFileSync(cacheFolder(), 'a file');
    expect((await measured()).isNew).toBe(true);
    expect((await measured()).isNew).toBe(true);
  });

  test('leaves the model as it is', async () => {
    const model = smallNetwork();
    await measured({ foldBatchNorm: true }, model);
    expect(model).toEqual(smallNetwork());
  });

  test('stops for a signal', async () => {
    const stop = new AbortController();
    const running = measured({ signal: stop.signal });
    stop.abort();
    await expect(running).rejects.toMatchObject({ code: 'ABORTED' });
    expect(fs.existsSync(cacheFolder())).toBe(false);
  });

  test.each<[string, LatencyOptions, string]>([
    ['a batch of 0', { batch: 0 }, 'ARGUMENT_INVALID'],
    ['half a thread', { runThreads: 0.5 }, 'ARGUMENT_INVALID'],
    ['too many threads', { runThreads: 2000 }, 'ARGUMENT_INVALID'],
    ['shapes that do not fit', { inputShapes: { x: [1, 4, 12, 12] } }, 'SHAPE_MISMATCH'],
  ])('refuses %s', async (_, options, code) => {
    await expect(measured(options)).rejects.toMatchObject({ code });
  });

  test('takes no other batch than the model does', async () => {
    await expect(measured({ batch: 3 }, smallNetwork(2))).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
      tensor: 'x',
    });
    expect((await measured({ batch: 2 }, smallNetwork(2))).latency.batch).toBe(2);
  });
});
