import { compress } from '../../src';
import { LiveStore, type StoredValue } from '../../src/calibrate/live-store';
import { more, network } from './subjects';

const inputShapes = { x: [1, 3, 9, 9] };

describe('a store of live values', () => {
  test('gives back what was written beyond its memory, and uses released room again', async () => {
    const store = new LiveStore(0);
    const kept: { stored: StoredValue; data: Float32Array }[] = [];
    const keep = async (seed: number, size: number) => {
      const data = Float32Array.from({ length: size }, (_, i) => seed * 1000 + i);
      const stored = await store.reserve({ type: 'float32', bytes: data.byteLength });
      expect(stored.memory).toBeUndefined();
      await store.write(stored, data.buffer);
      kept.push({ stored, data });
    };
    for (let seed = 0; seed < 4; ++seed) await keep(seed, 100 + 10 * (seed % 2));
    const [freed] = kept.splice(1, 1);
    store.release(freed!.stored);
    await keep(4, 110);
    expect(kept.at(-1)!.stored.offset).toBe(freed!.stored.offset);
    // All at once, as a program with several inputs reads them.
    const read = await Promise.all(kept.map(({ stored }) => store.read(stored)));
    read.forEach(({ value }, i) => expect([...(value as Float32Array)]).toEqual([...kept[i]!.data]));
    read.forEach(({ done }) => done());
    await store.close();
  });

  test('holds no more in memory than it may', async () => {
    const store = new LiveStore(1000);
    const inMemory = async (bytes: number) => {
      const stored = await store.reserve({ type: 'float32', bytes });
      return { stored, isHeld: stored.memory !== undefined };
    };
    const first = await inMemory(600);
    expect(first.isHeld).toBe(true);
    expect((await inMemory(600)).isHeld).toBe(false);
    expect((await inMemory(400)).isHeld).toBe(true);
    store.release(first.stored);
    expect((await inMemory(600)).isHeld).toBe(true);
    expect((await inMemory(4)).isHeld).toBe(false);
    await store.close();
  });
});

describe('the memory of a calibration', () => {
  const bytesWith = async (memory: number | undefined) => {
    const calibration = { images: more, batchSize: 1, memory };
    return (await compress(network, { macs: 0.6, threads: 1, inputShapes, calibration })).bytes();
  };

  test('does not change what comes out', async () => {
    const write = jest.spyOn(LiveStore.prototype, 'write');
    const plenty = await bytesWith(undefined);
    expect(write).not.toHaveBeenCalled();
    // Enough for one image's passes, not for what all images keep.
    const scarce = await bytesWith(115e3);
    expect(write).toHaveBeenCalled();
    expect(Buffer.from(scarce).equals(Buffer.from(plenty))).toBe(true);
  });

  test('is refused where a batch does not fit', async () => {
    await expect(bytesWith(1000)).rejects.toMatchObject({
      code: 'OUT_OF_MEMORY',
      message: expect.stringMatching(/image.*Allow more memory/) as string,
    });
    await expect(bytesWith(0)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  });
});
