import type { AttributeValue } from '../../src/onnx/attribute';
import { float } from '../operators/case';
import { isMap, type Choose } from './layer';
import type { Built, NetworkBuilder } from './network-builder';

// What the motifs of random networks are made of. Each part adds its nodes, and returns their result.

/** What was built last, where it is a map that a motif can make more of. */
export function givenMap({ last }: NetworkBuilder): Built | undefined {
  return isMap(last) && last.dims[1]! <= 48 && last.dims[2]! * last.dims[3]! <= 512 ? last : undefined;
}

export const channelsOf = ({ dims }: Built): number => dims[1]!;

/** The dims of `x` with another number of channels. */
export const withChannels = ({ dims }: Built, channels: number): number[] =>
  dims.map((dim, axis) => (axis === 1 ? channels : dim));

interface Convolution {
  readonly kernel?: number;
  readonly stride?: number;
  readonly group?: number;
  /** An initializer that other convolutions use as well. */
  readonly weights?: string;
}

/** A convolution padded such that a stride of 1 keeps the extents. */
export function convolved(
  builder: NetworkBuilder,
  x: Built,
  outputs: number,
  { kernel = 3, stride = 1, group = 1, weights }: Convolution = {},
): Built {
  const [images, channels, height, width] = x.dims as [number, number, number, number];
  const dims = [images, outputs, Math.ceil(height / stride), Math.ceil(width / stride)];
  const own = weights ?? convolutionWeights(builder, outputs, channels / group, kernel);
  const pad = (kernel - 1) / 2;
  const pads = [pad, pad, pad, pad];
  return builder.node('Conv', [x.name, own], dims, {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    pads,
    group,
  });
}

export function convolutionWeights(builder: NetworkBuilder, outputs: number, perGroup: number, kernel: number): string {
  return builder.weights([outputs, perGroup, kernel, kernel], perGroup * kernel * kernel);
}

export const pointwise = (builder: NetworkBuilder, x: Built, outputs: number): Built =>
  convolved(builder, x, outputs, { kernel: 1 });

/** Depthwise and pointwise stage, each channel having one kernel. */
export function separable(builder: NetworkBuilder, x: Built, outputs: number, stride: number, kernel = 3): Built {
  return pointwise(builder, convolved(builder, x, channelsOf(x), { kernel, stride, group: channelsOf(x) }), outputs);
}

/** Gather, depthwise and pointwise stage, the channels having one kernel or more. */
export function gdws(builder: NetworkBuilder, choose: Choose, x: Built, outputs: number, stride: number): Built {
  const least = choose(2);
  const indices = Array.from({ length: channelsOf(x) }, (_, c) => Array<number>(1 + ((c + least) % 3)).fill(c)).flat();
  const gathered = builder.node('Gather', [x.name, builder.integers(indices)], withChannels(x, indices.length), {
    axis: 1,
  });
  return separable(builder, gathered, outputs, stride);
}

/** What follows a convolution. */
export function activated(builder: NetworkBuilder, choose: Choose, x: Built): Built {
  const one = (opType: string, attributes?: Record<string, AttributeValue>) =>
    builder.node(opType, [x.name], x.dims, attributes);
  switch (choose(7)) {
    case 2:
      return one('Relu');
    case 3:
      return one('LeakyRelu', { alpha: float(0.2) });
    case 4:
      return builder.node('PRelu', [x.name, builder.weights([channelsOf(x), 1, 1], 4)], x.dims);
    case 5:
      return builder.node('Mul', [x.name, one('Sigmoid').name], x.dims);
    case 6:
      return one('HardSwish');
    default:
      return x;
  }
}

function normalized(builder: NetworkBuilder, x: Built): Built {
  const channels = [channelsOf(x)];
  const [scale, shift, mean] = [1, 2, 3].map(() => builder.weights(channels, 2)) as [string, string, string];
  return builder.node('BatchNormalization', [x.name, scale, shift, mean, builder.positive(channels)], x.dims);
}

/** A convolution of any kind with what may follow one; its result is seldom an output of the network as well. */
export function unit(builder: NetworkBuilder, choose: Choose, x: Built, outputs: number, stride = 1): Built {
  const convolution = (): Built => {
    switch (choose(8)) {
      case 3:
        return convolved(builder, x, outputs, { kernel: 1, stride });
      case 4:
        return separable(builder, x, outputs, stride, 3 + 2 * choose(2));
      case 5:
        return gdws(builder, choose, x, outputs, stride);
      case 6:
        return convolved(builder, x, outputs, { kernel: 5, stride });
      case 7: {
        const group = channelsOf(x) % 2 === 0 && outputs % 2 === 0 ? 2 : 1;
        return convolved(builder, x, outputs, { stride, group });
      }
      default:
        return convolved(builder, x, outputs, { stride });
    }
  };
  const sums = convolution();
  const result = activated(builder, choose, choose(4) === 3 ? normalized(builder, sums) : sums);
  if (choose(40) === 39) builder.alsoOutput(result);
  return result;
}

/** Two values of one shape, mostly summed, in either order. */
export function joined(builder: NetworkBuilder, choose: Choose, a: Built, b: Built): Built {
  const opType = ['Add', 'Add', 'Add', 'Add', 'Sub', 'Mul', 'Max', 'Min'][choose(8)]!;
  const dims = a.dims.map((dim, axis) => Math.max(dim, b.dims[axis]!));
  const result = builder.node(opType, choose(2) ? [b.name, a.name] : [a.name, b.name], dims);
  return choose(3) === 2 ? builder.node('Relu', [result.name], dims) : result;
}

/** Along the channels, in this order or the opposite one. */
export function concatenated(builder: NetworkBuilder, choose: Choose, parts: readonly Built[]): Built {
  const channels = parts.reduce((sum, part) => sum + channelsOf(part), 0);
  const ordered = choose(2) ? parts.toReversed() : parts;
  return builder.node(
    'Concat',
    ordered.map(({ name }) => name),
    withChannels(parts[0]!, channels),
    { axis: 1 },
  );
}

export function slicedChannels(builder: NetworkBuilder, x: Built, start: number, count: number): Built {
  const inputs = [[start], [start + count], [1]].map((values) => builder.integers(values));
  return builder.node('Slice', [x.name, ...inputs], withChannels(x, count));
}

/** The channels shared out, by Split or by Slices. */
export function parted(
  builder: NetworkBuilder,
  choose: Choose,
  x: Built,
  counts: readonly [number, number],
): [Built, Built] {
  if (choose(2)) return [slicedChannels(builder, x, 0, counts[0]), slicedChannels(builder, x, ...counts)];
  const dims = counts.map((count) => withChannels(x, count));
  return builder.several('Split', [x.name, builder.integers(counts)], dims, { axis: 1 }) as [Built, Built];
}

/** A constant of zeros for as many images as `x` has. */
function zeros(builder: NetworkBuilder, choose: Choose, x: Built, channels: number): Built {
  const dims = withChannels(x, channels);
  if (builder.isFixed && choose(2) === 0)
    return { name: builder.floats(Array<number>(product(dims)).fill(0), dims), dims };
  const images = builder.side('Gather', [builder.side('Shape', [x.name]), builder.integers([0])], { axis: 0 });
  const shape = builder.side('Concat', [images, builder.integers(dims.slice(1))], { axis: 0 });
  if (choose(2)) return builder.node('ConstantOfShape', [shape], dims);
  return builder.node('Expand', [builder.floats([0], [1, 1, 1, 1]), shape], dims);
}

const product = (dims: readonly number[]): number => dims.reduce((all, dim) => all * dim, 1);

/** `x` with so many channels: with others behind or before them, which are zeros or maps, or without its last. */
export function shortcut(builder: NetworkBuilder, choose: Choose, x: Built, channels: number): Built {
  const more = channels - channelsOf(x);
  if (more === 0) return x;
  if (more < 0) return slicedChannels(builder, x, 0, channels);
  switch (choose(5)) {
    case 1:
    case 2:
      return concatenated(builder, choose, [x, zeros(builder, choose, x, more)]);
    case 3:
      return concatenated(builder, choose, [x, unit(builder, choose, x, more)]);
    case 4: {
      const before = more >> 1;
      const pads = builder.integers([0, before, 0, 0, 0, more - before, 0, 0]);
      return builder.node('Pad', [x.name, pads], withChannels(x, channels), { mode: 'constant' });
    }
    default:
      return builder.node('Pad', [x.name, builder.integers([0, 0, 0, 0, 0, more, 0, 0])], withChannels(x, channels));
  }
}

/** Half the extents, which are even: the first, the largest or the mean of every four pixels. */
export function halved(builder: NetworkBuilder, choose: Choose, x: Built): Built {
  const [images, channels, height, width] = x.dims as [number, number, number, number];
  const dims = [images, channels, height / 2, width / 2];
  const which = choose(3);
  if (which === 2) {
    const inputs = [
      [0, 0],
      [height, width],
      [2, 3],
      [2, 2],
    ].map((values) => builder.integers(values));
    return builder.node('Slice', [x.name, ...inputs], dims);
  }
  const windows = { kernel_shape: [2, 2], strides: [2, 2] };
  return builder.node(['MaxPool', 'AveragePool'][which]!, [x.name], dims, windows);
}

export const isHalvable = ({ dims }: Built): boolean => dims[2]! % 2 === 0 && dims[3]! % 2 === 0;

/** Twice the extents. */
export function doubled(builder: NetworkBuilder, choose: Choose, x: Built): Built {
  const [images, channels, height, width] = x.dims as [number, number, number, number];
  const dims = [images, channels, 2 * height, 2 * width];
  if (choose(2)) {
    const weights = builder.weights([channels, channels, 2, 2], channels);
    return builder.node('ConvTranspose', [x.name, weights], dims, { kernel_shape: [2, 2], strides: [2, 2] });
  }
  const attributes = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
  return builder.node('Resize', [x.name, '', builder.floats([1, 1, 2, 2])], dims, attributes);
}

/** The same elements under other dims; the number of images stays open. */
export function viewed(builder: NetworkBuilder, x: Built, dims: readonly number[]): Built {
  return builder.node('Reshape', [x.name, builder.integers([-1, ...dims.slice(1)])], dims);
}
