import type { AddLayer, Choose } from './layer';
import {
  activated,
  channelsOf,
  concatenated,
  convolutionWeights,
  convolved,
  doubled,
  givenMap,
  halved,
  isHalvable,
  joined,
  parted,
  pointwise,
  shortcut,
  slicedChannels,
  unit,
  viewed,
  withChannels,
} from './motif-parts';
import type { Built, NetworkBuilder } from './network-builder';
import { gate } from './random-layers';

// What known architectures are built of: values that are concatenated, read again, and summed up, in many ways.

const motif =
  (add: (builder: NetworkBuilder, choose: Choose, x: Built) => void): AddLayer =>
  (builder, choose) => {
    const x = givenMap(builder);
    if (x) add(builder, choose, x);
  };

/** A number of channels such that maps of 16 pixels and many others are multiples of 64 bytes. */
const growth = (choose: Choose): number => [4, 8, 2, 1, 3, 16][choose(6)]!;

const times = (count: number, step: () => void): void => {
  for (let i = 0; i < count; i++) step();
};

/** What an earlier layer made, so that a motif's input is no input of the network, and has channels enough. */
const stem = motif((builder, choose, x) => {
  unit(builder, choose, x, growth(choose) * (1 + choose(2)));
});

/** DenseNet. */
const denseBlock = motif((builder, choose, x) => {
  let all = x;
  times(1 + choose(3), () => {
    all = concatenated(builder, choose, [all, unit(builder, choose, all, growth(choose))]);
  });
});

/** Of RDN: dense connections, their fusion, and what came in. */
const residualDenseBlock = motif((builder, choose, x) => {
  const all = [x];
  times(1 + choose(3), () => {
    const read = all.length === 1 ? x : concatenated(builder, choose, all);
    all.push(unit(builder, choose, read, growth(choose)));
  });
  const fused = unit(builder, choose, concatenated(builder, choose, all), channelsOf(x));
  joined(builder, choose, fused, x);
});

/** DPN: some channels are summed up, others concatenated. */
const dualPath = motif((builder, choose, x) => {
  if (channelsOf(x) < 2) return;
  const residual = 1 + choose(channelsOf(x) - 1);
  const grown = growth(choose);
  const [left, right] = parted(builder, choose, x, [residual, channelsOf(x) - residual]);
  const [sums, more] = parted(builder, choose, unit(builder, choose, x, residual + grown), [residual, grown]);
  const sum = joined(builder, choose, left, sums);
  concatenated(builder, choose, [sum, right, more]);
});

/** DLA: trees whose roots join their children, and take one of them once more as it is. */
const aggregation = motif((builder, choose, x) => {
  const channels = channelsOf(x);
  const tree = (input: Built, levels: number, more: readonly Built[]): Built => {
    const child = (from: Built) => (levels > 1 ? tree(from, levels - 1, []) : unit(builder, choose, from, channels));
    const first = child(input);
    const second = child(first);
    const fused = pointwise(builder, concatenated(builder, choose, [second, first, ...more]), channels);
    const root = choose(4) === 3 ? fused : joined(builder, choose, fused, choose(2) ? first : second);
    return activated(builder, choose, root);
  };
  tree(x, 1 + (choose(3) >> 1), choose(2) ? [x] : []);
});

/** VoVNet: one concatenation of everything on the way, and what came in. */
const oneShotAggregation = motif((builder, choose, x) => {
  const all = [x];
  const grown = growth(choose);
  times(2 + choose(2), () => all.push(unit(builder, choose, all.at(-1)!, grown)));
  pointwise(builder, concatenated(builder, choose, all), channelsOf(x));
  if (choose(3) === 2) gate(builder, choose);
  joined(builder, choose, builder.last, x);
});

/** BlazeFace: more channels on the way, and what came in padded to as many. */
const blaze = motif((builder, choose, x) => {
  const channels = channelsOf(x) + [4, 8, 0, 1, 16][choose(5)]!;
  const stride = choose(3) === 2 && isHalvable(x) ? 2 : 1;
  const kept = stride === 2 ? halved(builder, () => choose(2), x) : x;
  const way = unit(builder, choose, x, channels, stride);
  const last = choose(3) === 2 ? unit(builder, choose, way, channels) : way;
  activated(builder, choose, joined(builder, choose, last, shortcut(builder, choose, kept, channels)));
});

/** ResNet's shortcut without weights: every other pixel, and more channels. */
const paddedShortcut = motif((builder, choose, x) => {
  const channels = channelsOf(x) * (1 + choose(2)) + choose(2) * 4;
  const stride = isHalvable(x) ? 1 + choose(2) : 1;
  const kept = shortcut(builder, choose, stride === 2 ? halved(builder, choose, x) : x, channels);
  const way = unit(builder, choose, unit(builder, choose, x, channels, stride), channels);
  joined(builder, choose, way, kept);
});

/** U-Net, and U²-Net's form of it, which adds its beginning to its end. */
const hourglass = motif((builder, choose, x) => {
  const channels = growth(choose);
  const first = unit(builder, choose, x, channels);
  const skips = [first];
  let now = first;
  times(1 + choose(2), () => {
    if (!isHalvable(now)) return;
    now = unit(builder, choose, halved(builder, choose, now), channels);
    skips.push(now);
  });
  for (const skip of skips.slice(0, -1).reverse()) {
    const up = doubled(builder, choose, now);
    now = unit(builder, choose, concatenated(builder, choose, [up, skip]), channels);
  }
  if (choose(2)) joined(builder, choose, now, first);
});

/** Branches of several depths side by side, and in Inception-ResNet their sum with what came in. */
const inception = motif((builder, choose, x) => {
  const pooled = (): Built => {
    const attributes = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] };
    const opType = ['MaxPool', 'AveragePool'][choose(2)]!;
    return pointwise(builder, builder.node(opType, [x.name], x.dims, attributes), growth(choose));
  };
  const branches = [
    pointwise(builder, x, growth(choose)),
    unit(builder, choose, pointwise(builder, x, growth(choose)), growth(choose)),
  ];
  if (choose(2)) branches.push(pooled());
  const all = concatenated(builder, choose, branches);
  if (choose(2)) joined(builder, choose, pointwise(builder, all, channelsOf(x)), x);
});

/** ShuffleNet: half of the channels goes a way of its own, and both are mixed. */
const shuffled = motif((builder, choose, x) => {
  const [images, channels, height, width] = x.dims as [number, number, number, number];
  if (channels % 2 !== 0) return;
  const [left, right] = parted(builder, choose, x, [channels / 2, channels / 2]);
  const way = unit(builder, choose, unit(builder, choose, right, channels / 2), channels / 2);
  const all = concatenated(builder, choose, [choose(3) === 2 ? joined(builder, choose, left, way) : left, way]);
  const apart = viewed(builder, all, [images, 2, channels / 2, height, width]);
  const turned = [images, channels / 2, 2, height, width];
  viewed(builder, builder.node('Transpose', [apart.name], turned, { perm: [0, 2, 1, 3, 4] }), x.dims);
});

/** CSPNet: a part of the channels passes by the blocks; all they make on the way, or only the last, is joined to it. */
const crossStage = motif((builder, choose, x) => {
  const half = channelsOf(x) >> 1;
  if (half === 0) return;
  const [passing, entering] = choose(2)
    ? ([pointwise(builder, x, half), pointwise(builder, x, half)] as const)
    : parted(builder, choose, x, [channelsOf(x) - half, half]);
  const made = [entering];
  times(1 + choose(2), () => {
    const from = made.at(-1)!;
    made.push(joined(builder, choose, unit(builder, choose, from, half), from));
  });
  const all = concatenated(builder, choose, [passing, ...(choose(2) ? made : made.slice(-1))]);
  if (choose(2)) joined(builder, choose, pointwise(builder, all, channelsOf(x)), x);
});

/** The same weights in several places, as in recurrent and siamese networks. */
const sharedWeights = motif((builder, choose, x) => {
  const kernel = 1 + 2 * choose(2);
  const group = choose(3) === 2 ? channelsOf(x) : 1;
  const weights = convolutionWeights(builder, channelsOf(x), channelsOf(x) / group, kernel);
  const again = (from: Built) =>
    activated(builder, choose, convolved(builder, from, channelsOf(x), { kernel, group, weights }));
  const first = again(x);
  const second = again(choose(2) ? joined(builder, choose, first, x) : first);
  const third = again(choose(2) ? activated(builder, choose, x) : second);
  const all = concatenated(builder, choose, [first, second, third]);
  joined(builder, choose, pointwise(builder, all, channelsOf(x)), choose(2) ? third : first);
});

/** Values that wait long until they are joined to what became of them. */
const lateMeeting = motif((builder, choose, x) => {
  const kept = [x];
  times(2 + choose(3), () => kept.push(unit(builder, choose, kept.at(-1)!, channelsOf(x))));
  const some = kept.filter((_, i) => i === 0 || i === kept.length - 1 || choose(2) === 0);
  const fused = unit(builder, choose, concatenated(builder, choose, some), channelsOf(x));
  const sum = joined(builder, choose, fused, kept[choose(kept.length)]!);
  if (choose(2)) joined(builder, choose, sum, kept[choose(kept.length)]!);
});

/** Squeeze and excitation of a concatenation, of which a part is added again. */
const gatedConcatenation = motif((builder, choose, x) => {
  const other = unit(builder, choose, x, growth(choose));
  concatenated(builder, choose, [x, other]);
  gate(builder, choose);
  joined(builder, choose, unit(builder, choose, builder.last, channelsOf(x)), x);
});

/** A map of one channel that is joined to others, and then multiplies or shifts them all. */
const spatialGate = motif((builder, choose, x) => {
  const single = unit(builder, choose, x, 1);
  const all = concatenated(builder, choose, [choose(2) ? activated(builder, choose, x) : x, single]);
  joined(builder, choose, all, single);
});

/** A convolution whose residual is a part of what it reads, or reads a part of that. */
const residualPart = motif((builder, choose, x) => {
  const other = unit(builder, choose, x, growth(choose));
  const whole = choose(3) ? concatenated(builder, choose, [x, other]) : x;
  const channels = channelsOf(whole);
  const count = 1 + choose(channels);
  switch (choose(4)) {
    case 0:
      // What a concatenation was made of.
      return void joined(builder, choose, unit(builder, choose, whole, channelsOf(other)), other);
    case 1:
      return void joined(builder, choose, unit(builder, choose, choose(2) ? x : other, channels), whole);
    case 2: {
      const part = slicedChannels(builder, whole, choose(channels - count + 1), count);
      return void joined(builder, choose, unit(builder, choose, whole, count), part);
    }
    default: {
      const part = slicedChannels(builder, whole, choose(channels - count + 1), count);
      return void joined(builder, choose, unit(builder, choose, part, channels), whole);
    }
  }
});

/** As {@link residualPart}, seen under other dims. */
const residualView = motif((builder, choose, x) => {
  const [images, channels, height, width] = x.dims as [number, number, number, number];
  const other = unit(builder, choose, x, channels);
  const whole = concatenated(builder, choose, [x, other]);
  const part = choose(2) ? other : x;
  const turned = (channelCount: number) => [images, channelCount, width, height];
  if (choose(2)) {
    const way = unit(builder, choose, viewed(builder, whole, turned(2 * channels)), channels);
    return void joined(builder, choose, viewed(builder, way, x.dims), part);
  }
  const way = unit(builder, choose, viewed(builder, part, turned(channels)), 2 * channels);
  joined(builder, choose, way, viewed(builder, whole, turned(2 * channels)));
});

/** A concatenation under PRelu, softmax or a normalization, whose result is joined to what they were given. */
const normalizedConcatenation = motif((builder, choose, x) => {
  const other = unit(builder, choose, x, growth(choose));
  const whole = concatenated(builder, choose, [x, other]);
  const channels = [channelsOf(whole)];
  const normal = (): Built => {
    switch (choose(3)) {
      case 0:
        return builder.node('Softmax', [whole.name], whole.dims, { axis: 1 + choose(3) });
      case 1:
        return builder.node('PRelu', [whole.name, builder.weights([...channels, 1, 1], 4)], whole.dims);
      default: {
        const [scale, shift, mean] = [1, 2, 3].map(() => builder.weights(channels, 2)) as [string, string, string];
        const inputs = [whole.name, scale, shift, mean, builder.positive(channels)];
        return builder.node('BatchNormalization', inputs, whole.dims);
      }
    }
  };
  const result = normal();
  if (choose(2)) return void joined(builder, choose, result, whole);
  joined(builder, choose, unit(builder, choose, result, channelsOf(other)), other);
});

/** Of MLP-Mixer and transformers: products over the channels or over the pixels, with what they were given. */
const mixer = motif((builder, choose, x) => {
  const [images, channels, height, width] = x.dims as [number, number, number, number];
  const pixels = height * width;
  if (pixels > 100) return;
  const tokens = viewed(builder, x, [images, channels, pixels]);
  const overChannels = (from: Built, outputs: number) =>
    builder.node(
      'MatMul',
      [builder.weights([outputs, channelsOf(from)], channelsOf(from)), from.name],
      [images, outputs, pixels],
    );
  const overPixels = (from: Built) =>
    builder.node('MatMul', [from.name, builder.weights([pixels, pixels], pixels)], from.dims);
  const attended = (from: Built) => {
    const turned = builder.node('Transpose', [from.name], [images, pixels, channelsOf(from)], { perm: [0, 2, 1] });
    const affinity = builder.node('MatMul', [turned.name, from.name], [images, pixels, pixels]);
    const shares = builder.node('Softmax', [affinity.name], affinity.dims, { axis: 2 });
    return builder.node('MatMul', [from.name, shares.name], from.dims);
  };
  const mixed = [overPixels, attended][choose(2)]!(tokens);
  const whole = concatenated(builder, choose, [tokens, mixed]);
  const result =
    choose(3) === 2
      ? joined(builder, choose, overPixels(whole), whole)
      : joined(builder, choose, overChannels(whole, channels), choose(2) ? tokens : mixed);
  viewed(builder, result, withChannels(x, channelsOf(result)));
});

export const motifs = {
  stem,
  denseBlock,
  residualDenseBlock,
  dualPath,
  aggregation,
  oneShotAggregation,
  blaze,
  paddedShortcut,
  hourglass,
  inception,
  shuffled,
  crossStage,
  sharedWeights,
  lateMeeting,
  gatedConcatenation,
  spatialGate,
  residualPart,
  residualView,
  normalizedConcatenation,
  mixer,
} satisfies Record<string, AddLayer>;
