import type { AttributeValue } from '../../src/onnx/attribute';
import { float } from '../operators/case';
import { isMap, type AddLayer, type Choose } from './layer';

/** Extent of a window along an axis. */
const extent = (kernel: number, dilation: number) => (kernel - 1) * dilation + 1;

interface Windows {
  readonly kernel: readonly number[];
  readonly outputs: readonly number[];
  readonly attributes: Record<string, AttributeValue>;
}

/** Sliding windows over a map; `undefined` where they do not fit. `most` bounds padding by the window, as pooling does. */
function windows(
  map: readonly number[],
  choose: Choose,
  isPool: boolean,
  ceil = false,
  isFixed = false,
): Windows | undefined {
  const size = [map[2]!, map[3]!];
  const kernel = [1 + choose(isPool ? 3 : 5), 1 + choose(3)];
  const strides = [1 + (choose(3) >> 1), 1 + choose(3)];
  const dilations = [1 + (choose(4) >> 1), 1 + (choose(5) >> 2)];
  const automatic = ['NOTSET', 'NOTSET', 'NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'][choose(6)]!;
  // onnxruntime refuses SAME where strides are longer than windows, as padding comes out negative, and where windows are dilated.
  if (
    automatic.startsWith('SAME') &&
    dilations.some((dilation, axis) => dilation > 1 || strides[axis]! > kernel[axis]!)
  )
    return undefined;
  const padOf = (axis: number) => choose(isPool ? kernel[axis]! : 3);
  const pads = automatic === 'NOTSET' ? [padOf(0), padOf(1), padOf(0), padOf(1)] : [0, 0, 0, 0];
  const outputs = size.map((length, axis) => {
    if (automatic.startsWith('SAME')) return Math.ceil(length / strides[axis]!);
    const free = length + pads[axis]! + pads[axis + 2]! - extent(kernel[axis]!, dilations[axis]!);
    if (free < 0) return 0;
    let count = Math.floor(free / strides[axis]!) + 1;
    if (!ceil || free % strides[axis]! === 0) return count;
    // A window that begins beyond the map and its begin padding is left out, which onnxruntime's inference of shapes, where
    // a network declares them all, does not know.
    if (count * strides[axis]! < length + pads[axis]!) count++;
    else if (isFixed) return 0;
    return count;
  });
  if (outputs.some((length) => length < 1)) return undefined;
  // The largest of nothing is the least float in onnxruntime, and minus infinity here.
  const seesMap = (axis: number, at: number): boolean =>
    Array.from({ length: kernel[axis]! }, (_, tap) => at * strides[axis]! - pads[axis]! + tap * dilations[axis]!).some(
      (position) => position >= 0 && position < size[axis]!,
    );
  if (isPool && outputs.some((length, axis) => !Array.from({ length }).every((_, at) => seesMap(axis, at)))) {
    return undefined;
  }
  const placing: Record<string, AttributeValue> = automatic === 'NOTSET' ? { pads } : { auto_pad: automatic };
  return { kernel, outputs, attributes: { kernel_shape: kernel, strides, dilations, ...placing } };
}

/** A divisor of both numbers. */
function divisor(a: number, b: number, choose: Choose): number {
  const common = Array.from({ length: Math.min(a, b) }, (_, i) => i + 1).filter((n) => a % n === 0 && b % n === 0);
  return common[choose(common.length)]!;
}

const conv: AddLayer = (builder, choose) => {
  const x = builder.last;
  if (!isMap(x)) return;
  const [images, channels] = x.dims as [number, number];
  const outputs = choose(4) === 0 ? channels * (1 + choose(2)) : 1 + choose(12);
  const group = divisor(channels, outputs, choose);
  const over = windows(x.dims, choose, false);
  if (!over) return;
  const perGroup = channels / group;
  const inputs = [
    x.name,
    builder.weights([outputs, perGroup, ...over.kernel], perGroup * over.kernel[0]! * over.kernel[1]!),
  ];
  if (choose(2)) inputs.push(builder.weights([outputs], 4));
  builder.node('Conv', inputs, [images, outputs, ...over.outputs], { ...over.attributes, group });
};

const convTranspose: AddLayer = (builder, choose) => {
  const x = builder.last;
  if (!isMap(x) || x.dims[2]! * x.dims[3]! > 400) return;
  const [images, channels] = x.dims as [number, number];
  const group = divisor(channels, channels, choose);
  const perGroup = 1 + choose(4);
  const kernel = [1 + choose(3), 1 + choose(4)];
  const strides = [1 + choose(2), 1 + choose(3)];
  const pads = [choose(2), choose(2), choose(2), choose(2)];
  const output_padding = strides.map((stride) => choose(stride));
  const outputs = [0, 1].map(
    (axis) =>
      (x.dims[2 + axis]! - 1) * strides[axis]! + kernel[axis]! + output_padding[axis]! - pads[axis]! - pads[axis + 2]!,
  );
  if (outputs.some((length) => length < 1)) return;
  const weights = builder.weights([channels, perGroup, ...kernel], channels / group);
  const attributes = { kernel_shape: kernel, strides, pads, output_padding, group };
  builder.node('ConvTranspose', [x.name, weights], [images, perGroup * group, ...outputs], attributes);
};

const batchNormalization: AddLayer = (builder) => {
  const x = builder.last;
  if (x.dims.length < 2) return;
  const channels = [x.dims[1]!];
  const [scale, shift, mean] = [1, 2, 3].map(() => builder.weights(channels, 2)) as [string, string, string];
  builder.node('BatchNormalization', [x.name, scale, shift, mean, builder.positive(channels)], x.dims);
};

const activations: readonly [string, Record<string, AttributeValue>?][] = [
  ['Relu'],
  ['Relu'],
  ['LeakyRelu', { alpha: float(0.1) }],
  ['Elu'],
  ['Selu'],
  ['Sigmoid'],
  ['HardSigmoid'],
  ['HardSwish'],
  ['Tanh'],
  ['Softplus'],
  ['Softsign'],
  ['Mish'],
  ['Abs'],
  ['Neg'],
];

const activation: AddLayer = (builder, choose) => {
  const x = builder.last;
  const which = choose(activations.length + 3);
  if (which < activations.length) {
    const [opType, attributes] = activations[which]!;
    builder.node(opType, [x.name], x.dims, attributes);
  } else if (which === activations.length) {
    builder.node('Clip', [x.name, builder.floats([-0.5], []), builder.floats([0.75], [])], x.dims);
  } else if (which === activations.length + 1 && isMap(x)) {
    builder.node('PRelu', [x.name, builder.weights([x.dims[1]!, 1, 1], 4)], x.dims);
  } else {
    builder.node('Mul', [x.name, builder.node('Sigmoid', [x.name], x.dims).name], x.dims);
  }
};

const pool: AddLayer = (builder, choose) => {
  const x = builder.last;
  if (!isMap(x)) return;
  const opType = ['MaxPool', 'AveragePool'][choose(2)]!;
  const ceil = choose(3) === 0;
  const over = windows(x.dims, choose, true, ceil, builder.isFixed);
  if (!over) return;
  const { dilations, ...attributes } = over.attributes;
  const isMax = opType === 'MaxPool';
  // AveragePool of operator set 18 has no dilations.
  if (!isMax && (dilations as number[]).some((dilation) => dilation > 1)) return;
  const included: Record<string, AttributeValue> = isMax ? { dilations: dilations! } : { count_include_pad: choose(2) };
  const rounding: Record<string, AttributeValue> =
    attributes['auto_pad'] === undefined ? { ceil_mode: ceil ? 1 : 0 } : {};
  if (ceil && attributes['auto_pad'] !== undefined) return;
  builder.node(opType, [x.name], [...x.dims.slice(0, 2), ...over.outputs], { ...attributes, ...included, ...rounding });
};

const globalPool: AddLayer = (builder, choose) => {
  const x = builder.last;
  if (!isMap(x)) return;
  const opType = ['GlobalAveragePool', 'GlobalMaxPool'][choose(2)]!;
  builder.node(opType, [x.name], [x.dims[0]!, x.dims[1]!, 1, 1]);
};

/** A sum or product with something before it of the same shape, or with a constant that is broadcast. */
const join: AddLayer = (builder, choose) => {
  const x = builder.last;
  const alike = builder.values.filter(({ dims }) => dims.join() === x.dims.join());
  const opType = ['Add', 'Add', 'Sub', 'Mul', 'Max', 'Min'][choose(6)]!;
  const kept = x.dims.map((dim, axis) => (axis > 0 && choose(2) ? dim : 1));
  const other = choose(3) ? alike[choose(alike.length)]!.name : builder.weights(kept.slice(choose(2)), 1);
  builder.node(opType, choose(2) ? [x.name, other] : [other, x.name], x.dims);
};

/** Squeeze and excitation. */
export const gate: AddLayer = (builder, choose) => {
  const x = builder.last;
  if (!isMap(x)) return;
  const [images, channels] = x.dims as [number, number];
  const pooled = builder.node('GlobalAveragePool', [x.name], [images, channels, 1, 1]);
  const few = 1 + choose(4);
  const squeezed = builder.node(
    'Conv',
    [pooled.name, builder.weights([few, channels, 1, 1], channels)],
    [images, few, 1, 1],
  );
  const bent = builder.node('Relu', [squeezed.name], squeezed.dims);
  const spread = builder.node('Conv', [bent.name, builder.weights([channels, few, 1, 1], few)], pooled.dims);
  const shares = builder.node(['Sigmoid', 'HardSigmoid'][choose(2)]!, [spread.name], pooled.dims);
  builder.node('Mul', [x.name, shares.name], x.dims);
};

/** Joins along the channels with something before it that fits. */
const concat: AddLayer = (builder, choose) => {
  const x = builder.last;
  if (x.dims.length < 2 || x.dims[1]! > 24) return;
  const fits = builder.values.filter(
    ({ dims }) => dims.length === x.dims.length && dims.every((dim, axis) => axis === 1 || dim === x.dims[axis]),
  );
  const other = fits[choose(fits.length)]!;
  const dims = x.dims.map((dim, axis) => (axis === 1 ? dim + other.dims[1]! : dim));
  builder.node('Concat', choose(2) ? [x.name, other.name] : [other.name, x.name], dims, { axis: 1 });
};

const split: AddLayer = (builder, choose) => {
  const x = builder.last;
  if (x.dims.length < 2 || x.dims[1]! < 2) return;
  const first = 1 + choose(x.dims[1]! - 1);
  const parts = [first, x.dims[1]! - first];
  const dims = parts.map((part) => x.dims.map((dim, axis) => (axis === 1 ? part : dim)));
  builder.several('Split', [x.name, builder.integers(parts)], dims, { axis: 1 });
};

const slice: AddLayer = (builder, choose) => {
  const x = builder.last;
  if (x.dims.length < 2) return;
  const axis = 1 + choose(x.dims.length - 1);
  const length = x.dims[axis]!;
  const start = choose(length);
  const step = 1 + choose(2);
  const dims = x.dims.map((dim, i) => (i === axis ? Math.ceil((length - start) / step) : dim));
  const inputs = [[start], [2 ** 40], [axis], [step]].map((values) => builder.integers(values));
  builder.node('Slice', [x.name, ...inputs], dims);
};

const pad: AddLayer = (builder, choose) => {
  const x = builder.last;
  if (!isMap(x)) return;
  const mode = ['constant', 'edge', 'reflect'][choose(3)]!;
  const most = mode === 'reflect' ? Math.min(3, x.dims[2]!, x.dims[3]!) : 3;
  const [top, left, bottom, right] = [choose(most), choose(most), choose(most), choose(most)] as const;
  const dims = [x.dims[0]!, x.dims[1]!, x.dims[2]! + top + bottom, x.dims[3]! + left + right];
  builder.node('Pad', [x.name, builder.integers([0, 0, top, left, 0, 0, bottom, right])], dims, { mode });
};

const resize: AddLayer = (builder, choose) => {
  const x = builder.last;
  if (!isMap(x) || x.dims[2]! * x.dims[3]! > 400) return;
  // Whole factors: a product that rounds may fall to either side of a step.
  const factors = [1 + choose(2), 1 + choose(3)];
  const dims = [x.dims[0]!, x.dims[1]!, x.dims[2]! * factors[0]!, x.dims[3]! * factors[1]!];
  const mode = ['nearest', 'linear', 'cubic'][choose(3)]!;
  const coordinate_transformation_mode = ['half_pixel', 'asymmetric', 'align_corners', 'pytorch_half_pixel'][
    choose(4)
  ]!;
  // A position halfway between two pixels is rounded as single precision has it.
  if (mode === 'nearest' && coordinate_transformation_mode !== 'asymmetric') return;
  const attributes = { mode, coordinate_transformation_mode, ...(mode === 'nearest' ? { nearest_mode: 'floor' } : {}) };
  builder.node('Resize', [x.name, '', builder.floats([1, 1, ...factors])], dims, attributes);
};

const reduce: AddLayer = (builder, choose) => {
  const x = builder.last;
  if (x.dims.length < 3) return;
  const opType = ['ReduceMean', 'ReduceMax', 'ReduceSum', 'ReduceL2'][choose(4)]!;
  const axis = 1 + choose(x.dims.length - 1);
  const dims = x.dims.map((dim, i) => (i === axis ? 1 : dim));
  builder.node(opType, [x.name, builder.integers([axis])], dims, { keepdims: 1 });
};

const softmax: AddLayer = (builder, choose) => {
  const x = builder.last;
  if (x.dims.length < 2) return;
  builder.node('Softmax', [x.name], x.dims, { axis: 1 + choose(x.dims.length - 1) });
};

const instanceNormalization: AddLayer = (builder) => {
  const x = builder.last;
  // Of a single pixel, or of equal ones, the deviation is rounding only.
  if (!isMap(x) || x.dims[2]! * x.dims[3]! < 4) return;
  const [scale, shift] = [builder.weights([x.dims[1]!], 1), builder.weights([x.dims[1]!], 1)];
  builder.node('InstanceNormalization', [x.name, scale, shift], x.dims, { epsilon: float(0.1) });
};

const shuffle: AddLayer = (builder, choose) => {
  const x = builder.last;
  if (!isMap(x)) return;
  const [images, channels, height, width] = x.dims as [number, number, number, number];
  const group = divisor(channels, channels, choose);
  const apart = [images, group, channels / group, height, width];
  const viewed = builder.node('Reshape', [x.name, builder.integers([-1, ...apart.slice(1)])], apart);
  const turned = [images, channels / group, group, height, width];
  const transposed = builder.node('Transpose', [viewed.name], turned, { perm: [0, 2, 1, 3, 4] });
  builder.node('Reshape', [transposed.name, builder.integers([-1, channels, height, width])], x.dims);
};

const depthToSpace: AddLayer = (builder, choose) => {
  const x = builder.last;
  if (!isMap(x)) return;
  const [images, channels, height, width] = x.dims as [number, number, number, number];
  if (channels % 4 === 0 && choose(2)) {
    const mode = ['DCR', 'CRD'][choose(2)]!;
    builder.node('DepthToSpace', [x.name], [images, channels / 4, 2 * height, 2 * width], { blocksize: 2, mode });
  } else if (height % 2 === 0 && width % 2 === 0 && channels <= 12) {
    builder.node('SpaceToDepth', [x.name], [images, 4 * channels, height / 2, width / 2], { blocksize: 2 });
  }
};

/** The Shape, Gather, Concat, Reshape of exporters, and a product. */
const dense: AddLayer = (builder, choose) => {
  const x = builder.last;
  if (x.dims.length < 2) return;
  const features = x.dims.slice(1).reduce((product, dim) => product * dim, 1);
  if (features > 4000) return;
  const shape = builder.side('Shape', [x.name]);
  const images = builder.side('Gather', [shape, builder.integers([0])], { axis: 0 });
  const wanted = builder.side('Concat', [images, builder.integers([-1])], { axis: 0 });
  const rows = builder.node('Reshape', [x.name, wanted], [x.dims[0]!, features]);
  const outputs = 1 + choose(12);
  const dims = [x.dims[0]!, outputs];
  if (choose(2)) {
    const weights = builder.weights([outputs, features], features);
    builder.node('Gemm', [rows.name, weights, builder.weights([outputs], 1)], dims, { transB: 1 });
  } else {
    builder.node('MatMul', [rows.name, builder.weights([features, outputs], features)], dims);
  }
};

/** Goes on from something before. */
const branch: AddLayer = (builder, choose) => {
  const earlier = builder.values[choose(builder.values.length)]!;
  builder.node('Identity', [earlier.name], earlier.dims);
};

const output: AddLayer = (builder) => builder.alsoOutput(builder.last);

export const layers = {
  conv,
  convAgain: conv,
  convTranspose,
  batchNormalization,
  activation,
  pool,
  globalPool,
  join,
  gate,
  concat,
  split,
  slice,
  pad,
  resize,
  reduce,
  softmax,
  instanceNormalization,
  shuffle,
  depthToSpace,
  dense,
  branch,
  output,
} satisfies Record<string, AddLayer>;
