import type { InferenceSession as Session } from 'onnxruntime-common';
import { disagreement, tolerance } from '../../benchmarks/agreement';
import { InferenceSession, Tensor, type SessionOptions } from '../../src/engine/session';
import { encodeModel } from '../../src/onnx/write';
import { onnxruntime, type Feeds } from './comparison';
import { concatenated, convolved, gdws, joined, pointwise, separable, unit, viewed, withChannels } from './motif-parts';
import { NetworkBuilder, type Built } from './network-builder';

// A concatenation of one image is made in place: its parts lie within it. What may overwrite one of them, or it, must not
// read the other by then. Such networks came out wrong, or right by the kernel that happened to run them.

const channels = 16;
const side = 16;
const plainest = () => 0;

const whole = (builder: NetworkBuilder, ...parts: readonly Built[]): Built => concatenated(builder, plainest, parts);
const sum = (builder: NetworkBuilder, a: Built, b: Built): Built => joined(builder, plainest, a, b);
const relu = (builder: NetworkBuilder, x: Built): Built => builder.node('Relu', [x.name], x.dims);
const convolution = (builder: NetworkBuilder, x: Built, outputs = channels): Built =>
  relu(builder, convolved(builder, x, outputs));

/** Zeros to put behind the channels of `x`. */
function zeros(builder: NetworkBuilder, x: Built, count: number): Built {
  const dims = withChannels(x, count);
  const values = Array<number>(count * side * side).fill(0);
  return { name: builder.floats(values, dims), dims };
}

/** What a residual network of DLA, VoVNet and the like makes of its map: the result's last operation is a sum. */
const cases: readonly [string, (builder: NetworkBuilder, x: Built) => Built][] = [
  [
    'the root of DLA: its last child once more',
    (builder, x) => {
      const first = convolution(builder, x);
      const second = convolution(builder, first);
      return sum(builder, pointwise(builder, whole(builder, second, first), channels), second);
    },
  ],
  [
    'the root of DLA: its first child once more',
    (builder, x) => {
      const first = convolution(builder, x);
      const second = convolution(builder, first);
      return sum(builder, first, pointwise(builder, whole(builder, second, first), channels));
    },
  ],
  [
    'a root of DLA that is no pointwise convolution',
    (builder, x) => {
      const first = convolution(builder, x);
      const second = convolution(builder, first);
      return sum(builder, convolved(builder, whole(builder, second, first), channels), second);
    },
  ],
  [
    "VoVNet's identity",
    (builder, x) => {
      const all = [x];
      while (all.length < 4) all.push(convolution(builder, all.at(-1)!, 8));
      return sum(builder, pointwise(builder, whole(builder, ...all), channels), x);
    },
  ],
  [
    'a residual dense block',
    (builder, x) => {
      let all = x;
      for (let i = 0; i < 3; i++) all = whole(builder, all, convolution(builder, all, 8));
      return sum(builder, pointwise(builder, all, channels), x);
    },
  ],
  [
    "BlazeFace's shortcut, concatenated with zeros",
    (builder, x) => {
      const way = separable(builder, x, channels + 8, 1);
      return sum(builder, way, whole(builder, x, zeros(builder, x, 8)));
    },
  ],
  [
    "BlazeFace's shortcut, padded",
    (builder, x) => {
      const pads = builder.integers([0, 0, 0, 0, 0, 8, 0, 0]);
      const padded = builder.node('Pad', [x.name, pads], withChannels(x, channels + 8));
      return sum(builder, separable(builder, x, channels + 8, 1), padded);
    },
  ],
  [
    'a shortcut concatenated with zeros, beside a convolution',
    (builder, x) => {
      const shortcut = whole(builder, x, zeros(builder, x, 8));
      return sum(builder, convolved(builder, x, channels + 8), shortcut);
    },
  ],
  [
    'a shortcut concatenated with another map',
    (builder, x) => {
      const shortcut = whole(builder, x, convolution(builder, x, 8));
      return sum(builder, convolved(builder, x, channels + 8), shortcut);
    },
  ],
  [
    'a GDWS convolution of a concatenation, and a part of that',
    (builder, x) => {
      const other = convolution(builder, x);
      return sum(builder, gdws(builder, plainest, whole(builder, x, other), channels, 1), other);
    },
  ],
  [
    'a product over the channels of a concatenation, and a part of that',
    (builder, x) => {
      const dims = [1, channels, side * side];
      const tokens = viewed(builder, x, dims);
      const other = builder.node('Tanh', [tokens.name], dims);
      const all = whole(builder, tokens, other);
      const weights = builder.weights([channels, 2 * channels], 2 * channels);
      return viewed(builder, sum(builder, builder.node('MatMul', [weights, all.name], dims), tokens), x.dims);
    },
  ],
  [
    'a map of one channel that multiplies a concatenation with itself',
    (builder, x) => {
      const single = unit(builder, plainest, x, 1);
      const all = whole(builder, single, x);
      return builder.node('Mul', [all.name, single.name], all.dims);
    },
  ],
];

/** The network of a case; `everything` makes every value an output, so that none can be overwritten. */
function network(build: (builder: NetworkBuilder, x: Built) => Built, everything: boolean): Uint8Array {
  const builder = new NetworkBuilder([1, 8, side, side], 11, true);
  // Neither its map nor its result is an input or an output, whose memory is not the engine's.
  const result = build(builder, convolution(builder, builder.last));
  builder.node('Neg', [convolution(builder, result, 4).name], [1, 4, side, side]);
  if (everything) builder.values.forEach((value) => builder.alsoOutput(value));
  return encodeModel(builder.model());
}

async function gdwsOutputs(bytes: Uint8Array, options: SessionOptions, feeds: Feeds) {
  const session = await InferenceSession.create(bytes, options);
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

describe.each(cases)('%s', (_, build) => {
  const feeds: Feeds = {
    x: new Tensor(
      'float32',
      Float32Array.from({ length: 8 * side * side }, (_, i) => Math.sin(i * i)),
      [1, 8, side, side],
    ),
  };

  const bytes = network(build, false);
  let expected: Session.ReturnType;
  beforeAll(async () => {
    [expected] = (await onnxruntime(bytes, feeds)) as [Session.ReturnType];
  });

  // The reference reads its operands while it writes, so that it shows every overlap; of others it depends on sizes.
  test.each([
    [1, undefined],
    [2, undefined],
    [1, 'reference'],
    [2, 'reference'],
  ])(
    'is what it is where every value is an output, and in onnxruntime: %i thread(s), kernel %s',
    async (threads, kernel) => {
      const options = { intraOpNumThreads: threads, ...(kernel && { kernel }) };
      const found = await gdwsOutputs(bytes, options, feeds);
      expect(disagreement(found, expected).relative).toBeLessThanOrEqual(tolerance);
      const all = await gdwsOutputs(network(build, true), options, feeds);
      const same = Object.fromEntries(Object.keys(found).map((name) => [name, all[name]!]));
      expect(disagreement(found, same).relative).toBeLessThanOrEqual(tolerance);
    },
  );
});
