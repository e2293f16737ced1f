import { compress, ImageSet, InferenceSession, Tensor, type CompressOptions } from '../../src';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { encodeModel } from '../../src/onnx/write';
import { RandomStream } from '../../src/robustness/random-stream';

const size = 24;

/** A small U: down, up again, beside what was before, to a mask; and side masks of half the height and width. */
function maskNetwork(): Uint8Array {
  const random = new RandomStream(11);
  const weights = (rows: number, channels: number) => ({
    type: 'float32' as const,
    dims: [rows, channels, 3, 3],
    data: Float32Array.from({ length: rows * channels * 9 }, () => random.normal() * Math.sqrt(2 / (9 * channels))),
  });
  const conv = (name: string, x: string, y: string) =>
    makeNode({ opType: 'Conv', name, input: [x, `${name}.w`], output: [y], attributes: { pads: [1, 1, 1, 1] } });
  const relu = (x: string) => makeNode({ opType: 'Relu', input: [x], output: [`${x}.r`] });
  return encodeModel(
    makeModel({
      nodes: [
        conv('first', 'x', 'a'),
        relu('a'),
        makeNode({
          opType: 'MaxPool',
          input: ['a.r'],
          output: ['p'],
          attributes: { kernel_shape: [2, 2], strides: [2, 2] },
        }),
        conv('down', 'p', 'b'),
        relu('b'),
        conv('deep', 'b.r', 'c'),
        relu('c'),
        makeNode({ opType: 'Resize', input: ['c.r', '', 'scales'], output: ['u'], attributes: { mode: 'linear' } }),
        makeNode({ opType: 'Concat', input: ['u', 'a.r'], output: ['j'], attributes: { axis: 1 } }),
        conv('up', 'j', 'd'),
        relu('d'),
        conv('last', 'd.r', 'z'),
        makeNode({ opType: 'Sigmoid', input: ['z'], output: ['mask'] }),
        conv('side', 'c.r', 's'),
        makeNode({ opType: 'Sigmoid', input: ['s'], output: ['sideMask'] }),
      ],
      inputs: [makeValueInfo('x', 'float32', [1, 3, size, size])],
      outputs: [
        makeValueInfo('mask', 'float32', [1, 1, size, size]),
        makeValueInfo('sideMask', 'float32', [1, 8, size / 2, size / 2]),
      ],
      initializers: {
        scales: { type: 'float32', dims: [4], data: Float32Array.of(1, 1, 2, 2) },
        'first.w': weights(12, 3),
        'down.w': weights(16, 12),
        'deep.w': weights(16, 16),
        'up.w': weights(12, 28),
        'last.w': weights(1, 12),
        'side.w': weights(8, 16),
      },
    }),
  );
}

/** Smooth patterns, as pictures are and noise is not. */
function pictures(count: number, seed: number): ImageSet {
  const random = new RandomStream(seed);
  const pixels = new Float32Array(count * 3 * size * size);
  for (let plane = 0; plane < 3 * count; ++plane) {
    const [down, across, phase] = [random.uniform(), random.uniform(), 6 * random.uniform()];
    for (let at = 0; at < size * size; ++at) {
      pixels[plane * size * size + at] =
        0.5 + 0.5 * Math.sin(phase + down * Math.floor(at / size) + across * (at % size));
    }
  }
  return new ImageSet([3, size, size], pixels, new Uint8Array(count));
}

const dense = maskNetwork();
const held = pictures(10, 2);

async function maskOf(bytes: Uint8Array): Promise<number[]> {
  const session = await InferenceSession.create(bytes);
  const masks: number[] = [];
  for (const { images } of held.batches(1)) {
    const { mask } = await session.run({ x: new Tensor('float32', images.data as Float32Array, images.dims) });
    masks.push(...(mask!.data as Float32Array));
  }
  await session.release();
  return masks;
}

/** Mean absolute difference of the masks of pictures held out, and what became of the layers. */
async function differenceWith(options: CompressOptions) {
  const compression = await compress(dense, { macs: 0.6, ...options });
  const [whole, mask] = [await maskOf(dense), await maskOf(compression.bytes())];
  const sum = mask.reduce((total, value, i) => total + Math.abs(value - whole[i]!), 0);
  return { difference: sum / mask.length, layers: compression.summary.layers };
}

test('a mask stays close where its network is calibrated, and closer than by its weights alone', async () => {
  const alone = await differenceWith({});
  const calibrated = await differenceWith({ calibration: { images: pictures(16, 1) } });
  expect(calibrated.difference).toBeLessThan(0.5 * alone.difference);
  expect(calibrated.difference).toBeLessThan(0.02);
  const named = (name: string) => calibrated.layers.find((layer) => layer.name === name);
  expect(named('up')).toMatchObject({ status: 'gdws', calibrated: true });
  // No loss is known of what leads to another output only, but what it gives is fitted all the same.
  expect(named('side')).toMatchObject({ status: 'gdws', calibrated: true });
});

test('where pictures are few, what they say by chance of how channels go together is not believed', async () => {
  const images = pictures(1, 3);
  const [plain, shrunk] = [
    await differenceWith({ calibration: { images, shrinkage: 0 } }),
    await differenceWith({ calibration: { images } }),
  ];
  expect(shrunk.difference).toBeLessThan(plain.difference);
});
