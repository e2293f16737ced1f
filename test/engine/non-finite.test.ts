import { InferenceSession, Tensor } from '../../src';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { encodeModel } from '../../src/onnx/write';

// What docs/guarantees.md says of infinities and NaN in feeds: a float32 convolution gives what its sums are, but Winograd's
// algorithm NaN, also in those results that share a tile with such a number.

const [channels, size] = [8, 20];
const weights = Float32Array.from({ length: channels * channels * 9 }, (_, i) => (((i * 7) % 17) + 1) / 17);

function model(group: number): Uint8Array {
  const dims = [channels, channels / group, 3, 3];
  const shape = [1, channels, size, size];
  const attributes = { kernel_shape: [3, 3], pads: [1, 1, 1, 1], group };
  return encodeModel(
    makeModel({
      nodes: [makeNode({ opType: 'Conv', input: ['x', 'w'], output: ['y'], attributes })],
      inputs: [makeValueInfo('x', 'float32', shape)],
      outputs: [makeValueInfo('y', 'float32', shape)],
      initializers: {
        w: {
          type: 'float32',
          dims,
          data: weights.slice(
            0,
            dims.reduce((product, dim) => product * dim),
          ),
        },
      },
    }),
  );
}

async function run(group: number, kernel: string, data: Float32Array): Promise<Float32Array> {
  const session = await InferenceSession.create(model(group), { kernel, intraOpNumThreads: 1 });
  const { y } = await session.run({ x: new Tensor('float32', data, [1, channels, size, size]) });
  await session.release();
  return y!.data as Float32Array;
}

const places = [0, 9 * size + 7, 9 * size + 8, size * size - 1];
const feed = (value: number) => {
  const data = Float32Array.from({ length: channels * size * size }, (_, i) => Math.sin(i));
  for (const place of places) data[place] = value;
  return data;
};
/** Whether a result lies within `reach` rows and columns of such a number. */
const isNear = (index: number, reach: number) => {
  const [row, column] = [Math.floor(index / size) % size, index % size];
  return places.some(
    (place) => Math.abs(Math.floor(place / size) - row) <= reach && Math.abs((place % size) - column) <= reach,
  );
};

describe.each([NaN, Infinity, -Infinity])('a map with %p', (value) => {
  describe.each([
    [1, ['reference', 'product', 'direct']],
    [channels, ['reference', 'product', 'depthwise', 'depthwise_planes']],
  ])('in %i groups', (group, kernels) => {
    test.each(kernels)('by %s: what depends on it is what the sum is', async (kernel) => {
      const results = await run(group, kernel, feed(value));
      results.forEach((result, index) => {
        const depends = isNear(index, 1) && (group === 1 || index < size * size);
        if (depends !== !Number.isFinite(result)) throw new Error(`${index} is ${result}`);
        if (depends && !Object.is(result, value)) throw new Error(`${index} is ${result}`);
      });
    });

    test.each([2, 4])('by tiles of Winograd of %i: NaN or infinite within a tile, and nowhere else', async (edge) => {
      const kernel = `winograd${edge}`;
      const [results, without] = [await run(group, kernel, feed(value)), await run(group, kernel, feed(0))];
      results.forEach((result, index) => {
        const isMap = group === 1 || index < size * size;
        if (isMap && isNear(index, 1) && Number.isFinite(result)) throw new Error(`${index} is ${result}`);
        // A tile of results reads one more row and column on each side.
        if (!(isMap && isNear(index, edge)) && result !== without[index]) throw new Error(`${index} is ${result}`);
      });
    });
  });
});
