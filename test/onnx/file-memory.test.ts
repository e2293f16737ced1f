import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { FileMemory } from '../../src/engine/file-memory';
import { InferenceSession, Tensor } from '../../src/engine/session';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import type { Constant } from '../../src/onnx/value';
import { encodeModel } from '../../src/onnx/write';

let folder: string;
beforeAll(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gdws-file-memory-'))));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const channels = 96;

/** Many pages of elements, whichever are odd at `seed`. */
const floats = (dims: number[], seed: number): Constant => ({
  type: 'float32',
  dims,
  data: Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * (seed + 1)) / channels),
});

/**
 * Weights that are spent once, that two convolutions share, that a reshape gives another shape, and that are an output;
 * of a free batch, so that other shapes are compiled later.
 */
function model(seed = 0): Uint8Array {
  const convolution = (input: string, weights: string, output: string, pads = [1, 1, 1, 1]) =>
    makeNode({ opType: 'Conv', input: [input, weights], output: [output], name: output, attributes: { pads } });
  return encodeModel(
    makeModel({
      nodes: [
        convolution('x', 'once', 'a'),
        convolution('a', 'shared', 'b'),
        convolution('b', 'shared', 'c'),
        makeNode({ opType: 'Reshape', input: ['flat', 'shape'], output: ['reshaped'] }),
        convolution('c', 'reshaped', 'd', [0, 0, 0, 0]),
        convolution('d', 'returned', 'y', [0, 0, 0, 0]),
        makeNode({ opType: 'Identity', input: ['returned'], output: ['weights'] }),
      ],
      inputs: [makeValueInfo('x', 'float32', ['batch', channels, 5, 5])],
      outputs: [makeValueInfo('y', 'float32', []), makeValueInfo('weights', 'float32', [])],
      initializers: {
        once: floats([channels, channels, 3, 3], seed),
        shared: floats([channels, channels, 3, 3], seed + 1),
        flat: floats([channels * channels], seed + 2),
        shape: { type: 'int64', dims: [4], data: BigInt64Array.of(BigInt(channels), -1n, 1n, 1n) },
        returned: floats([channels, channels, 1, 1], seed + 3),
      },
    }),
  );
}

function write(name: string, bytes: Uint8Array): string {
  const file = path.join(folder, name);
  fs.writeFileSync(file, bytes);
  return file;
}

const images = (batch: number) =>
  new Tensor('float32', floats([batch, channels, 5, 5], 5).data as Float32Array, [batch, channels, 5, 5]);

async function results(session: InferenceSession, batch: number): Promise<(readonly number[])[]> {
  const outputs = await session.run({ x: images(batch) });
  return ['y', 'weights'].map((name) => Array.from(outputs[name]!.data as Float32Array));
}

describe('a session made from a file', () => {
  test('gives for every batch what one made from the bytes gives', async () => {
    const fromFile = await InferenceSession.create(write('model.onnx', model()));
    const fromBytes = await InferenceSession.create(model());
    for (const batch of [1, 3, 1, 2]) {
      expect(await results(fromFile, batch)).toEqual(await results(fromBytes, batch));
    }
    // Two that have to be compiled at the same time.
    const together = await Promise.all([results(fromFile, 4), results(fromFile, 5)]);
    expect(together).toEqual([await results(fromBytes, 4), await results(fromBytes, 5)]);
    const sync = fromFile.runSync({ x: images(6) });
    expect(sync.y!.data).toEqual((await fromBytes.run({ x: images(6) })).y!.data);
  });

  test('does not need the name of the file any more', async () => {
    const file = write('removed.onnx', model());
    const session = await InferenceSession.create(file);
    const fromBytes = await InferenceSession.create(model());
    fs.rmSync(file);
    expect(await results(session, 2)).toEqual(await results(fromBytes, 2));
  });

  test('says so where the file has other content when weights are needed again', async () => {
    const file = write('changed.onnx', model());
    const session = await InferenceSession.create(file);
    const before = await results(session, 1);
    fs.writeFileSync(file, model(7));
    fs.utimesSync(file, 1, 1);
    await expect(results(session, 2)).rejects.toMatchObject({ code: 'MODEL_UNREADABLE', file });
    expect(await results(session, 1)).toEqual(before);
    fs.truncateSync(file, 100);
    await expect(results(session, 2)).rejects.toMatchObject({ code: 'MODEL_UNREADABLE', file });
  });

  test('leaves no file open once it is released', async () => {
    const file = write('open.onnx', model());
    const isOpen = () =>
      fs.readdirSync('/proc/self/fd').some((descriptor) => {
        try {
          return fs.readlinkSync(path.join('/proc/self/fd', descriptor)) === fs.realpathSync(file);
        } catch {
          return false;
        }
      });
    if (!fs.existsSync('/proc/self/fd')) return;
    const session = await InferenceSession.create(file);
    expect(isOpen()).toBe(true);
    await session.release();
    expect(isOpen()).toBe(false);
    await expect(InferenceSession.create(write('open.onnx', model().subarray(0, 5000)))).rejects.toThrow();
    expect(isOpen()).toBe(false);
  });
});

describe('the bytes of a file', () => {
  test('come back after they were discarded, moved as before', async () => {
    const file = write(
      'bytes',
      Uint8Array.from({ length: 20000 }, (_, i) => i % 251),
    );
    const memory = (await FileMemory.read(file))!;
    memory.moves = [{ from: 101, to: 100, length: 9000 }];
    memory.bytes.copyWithin(100, 101, 9101);
    const before = memory.bytes.slice();
    memory.discard();
    memory.bytes.fill(0);
    memory.restoreSync();
    expect(memory.bytes).toEqual(before);
    memory.close();
    memory.close();
    memory.discard();
    expect(() => memory.restoreSync()).toThrow('it is closed');
    await expect(memory.restore()).rejects.toThrow('it is closed');
  });

  describe('of many parts come back', () => {
    let memory: FileMemory, before: Buffer;
    beforeAll(async () => {
      const bytes = Buffer.from(Array.from({ length: 251 }, (_, i) => i));
      memory = (await FileMemory.read(write('parts', Buffer.alloc(20 << 20, bytes))))!;
      memory.moves = [
        { from: 101, to: 100, length: 9 << 20 },
        { from: 12 << 20, to: (12 << 20) - 3, length: 5 << 20 },
      ];
      for (const { from, to, length } of memory.moves) memory.bytes.copyWithin(to, from, from + length);
      before = Buffer.from(memory.bytes);
    });
    beforeEach(() => lose());
    afterAll(() => memory.close());

    const lose = () => {
      memory.discard();
      memory.bytes.fill(0);
    };
    const isBack = () => before.equals(memory.bytes);

    test('in turns of the event loop', async () => {
      let turns = 0;
      const counting = setInterval(() => turns++, 0);
      const restoring = memory.restore();
      expect(isBack()).toBe(false);
      await restoring;
      clearInterval(counting);
      expect(isBack()).toBe(true);
      expect(turns).toBeGreaterThan(0);
    });

    test('where they are wanted at once meanwhile', async () => {
      const restoring = memory.restore();
      memory.restoreSync();
      expect(isBack()).toBe(true);
      await restoring;
      expect(isBack()).toBe(true);
    });

    test('where they are discarded once more, and where two wait for them', async () => {
      const restoring = [memory.restore(), memory.restore()];
      await new Promise((resolve) => setImmediate(resolve));
      lose();
      await Promise.all(restoring);
      expect(isBack()).toBe(true);
    });
  });

  test.each([
    ['nothing there', 'absent'],
    ['a folder', '.'],
  ])('%s is refused', async (_, name) => {
    await expect(FileMemory.read(path.join(folder, name))).rejects.toMatchObject({ code: 'MODEL_UNREADABLE' });
  });

  test('of an empty file are none', async () => {
    const memory = (await FileMemory.read(write('empty', new Uint8Array(0))))!;
    expect(memory.bytes).toHaveLength(0);
    memory.close();
  });
});
