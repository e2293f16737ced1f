import * as ort from 'onnxruntime-node';
import { seededUniform } from '../../benchmarks/networks/random';
import { InferenceSession, Tensor } from '../../src/engine/session';
import { makeModel, makeNode, makeValueInfo } from '../../src/onnx/make';
import { encodeModel } from '../../src/onnx/write';

// A session packs the weights of a convolution of bytes once for all input shapes that order them alike. How they are
// ordered depends on the instruction set, and on how the taps of a map of that size are best read.

const uniform = seededUniform(11);
const bytes = (count: number) => Uint8Array.from({ length: count }, () => Math.floor(256 * uniform()));

interface Convolution {
  readonly channels: number;
  readonly kernel: number;
  readonly attributes: Readonly<Record<string, number[]>>;
}

const convolutions: readonly Convolution[] = [
  { channels: 3, kernel: 7, attributes: { strides: [2, 2], pads: [3, 3, 3, 3] } },
  { channels: 13, kernel: 4, attributes: { dilations: [4, 4], pads: [0, 0, 12, 0] } },
  { channels: 70, kernel: 3, attributes: { pads: [1, 1, 1, 1] } },
];

test.each(convolutions)(
  '$channels channels, $kernel×$kernel, of maps of any size',
  async ({ channels, kernel, attributes }) => {
    const outputs = 64;
    const model = encodeModel(
      makeModel({
        opset: 13,
        nodes: [makeNode({ opType: 'ConvInteger', input: ['x', 'w', 'zero'], output: ['y'], attributes })],
        inputs: [makeValueInfo('x', 'uint8', ['batch', channels, 'height', 'width'])],
        outputs: [makeValueInfo('y', 'int32', ['batch', outputs, 'rows', 'columns'])],
        initializers: {
          w: {
            type: 'uint8',
            dims: [outputs, channels, kernel, kernel],
            data: bytes(outputs * channels * kernel ** 2),
          },
          zero: { type: 'uint8', dims: [], data: Uint8Array.of(117) },
        },
      }),
    );
    const session = await InferenceSession.create(model, { intraOpNumThreads: 2 });
    const other = await ort.InferenceSession.create(model);
    try {
      for (const [batch, height, width] of [
        [1, 40, 40],
        [1, 60, 13],
        [2, 7, 33],
        [1, 3, 14],
        [1, 96, 96],
        [1, 40, 40],
      ] as const) {
        const dims = [batch, channels, height, width];
        const data = bytes(dims.reduce((a, b) => a * b, 1));
        const found = (await session.run({ x: new Tensor('uint8', data, dims) })).y!;
        const expected = (await other.run({ x: new ort.Tensor('uint8', data, dims) })).y!;
        expect(found.dims).toEqual(expected.dims);
        expect(found.data).toEqual(expected.data);
      }
    } finally {
      await session.release();
      await other.release();
    }
  },
);
