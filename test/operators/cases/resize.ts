import type { AttributeValue } from '../../../src/onnx/attribute';
import { float, knownFloats, knownIntegers, type Case } from '../case';
import { Random } from '../random';
import { repeat } from './repeat';

const random = new Random(19);

const transformations = [
  'half_pixel',
  'half_pixel_symmetric',
  'pytorch_half_pixel',
  'align_corners',
  'asymmetric',
  'tf_crop_and_resize',
];
const roundings = ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'];

const image = () => random.floats([random.integer(1, 2), random.integer(1, 3), ...random.dims(2, 2, 7)]);
const factor = () => random.pick([0.5, 0.6, 0.8, 1, 1.5, 2, 2.3, 3]);

function resize(mode: 'nearest' | 'linear' | 'cubic', antialias = false): Case {
  const x = image();
  const transformation = random.pick(transformations);
  const crops = transformation === 'tf_crop_and_resize';
  const roi = crops ? knownFloats([0, 0, 0.1, -0.2, 1, 1, random.pick([0.9, 1.2]), 1]) : undefined;
  const attributes: Record<string, AttributeValue> = {
    mode,
    coordinate_transformation_mode: transformation,
    ...(mode === 'nearest' ? { nearest_mode: random.pick(roundings) } : {}),
    ...(mode === 'cubic' && random.next() < 0.5 ? { cubic_coeff_a: float(-0.5) } : {}),
    ...(mode === 'cubic' ? { exclude_outside: random.integer(0, 1) } : {}),
    ...(crops ? { extrapolation_value: float(10) } : {}),
    ...(antialias ? { antialias: 1 } : {}),
  };
  const opset = transformation === 'half_pixel_symmetric' ? 19 : antialias ? 18 : random.pick([11, 13, 18, 19]);
  // Before operator set 13 absent inputs were empty ones.
  const absent = opset < 13 ? knownFloats([]) : undefined;
  if (random.next() < 0.5) {
    // onnxruntime does not crop an axis whose scale is 1; ONNX does.
    const scales = [factor(), factor()].map((scale) => (crops && scale === 1 ? 1.5 : scale));
    const inputs = [x, roi ?? absent, knownFloats([1, 1, ...scales])];
    return { opType: 'Resize', opset, inputs, attributes, tolerance: 3e-5 };
  }
  const sizes = random.dims(2, 1, 12).map((size, axis) => (crops && size === x.dims[2 + axis] ? size + 1 : size));
  const inputs = [x, roi ?? absent, absent, knownIntegers([...x.dims.slice(0, 2), ...sizes])];
  return { opType: 'Resize', opset, inputs, attributes, tolerance: 3e-5 };
}

function overAxes(): Case {
  const sizes = random.dims(2, 2, 9);
  const policy = random.pick(['stretch', 'not_larger', 'not_smaller']);
  return {
    opType: 'Resize',
    opset: 18,
    inputs: [image(), undefined, undefined, knownIntegers(sizes)],
    attributes: { axes: [2, 3], mode: random.pick(['nearest', 'linear', 'cubic']), keep_aspect_ratio_policy: policy },
    tolerance: 3e-5,
  };
}

/** Other numbers of axes than the four of images, and axes that an image's resize leaves alone. */
function ofRank(rank: number, mode: 'nearest' | 'linear', antialias = false): Case {
  const opset = antialias ? random.pick([18, 19]) : random.pick([13, 18, 19]);
  const dims = [random.integer(1, 2), random.integer(1, 2), ...random.dims(rank - 2, 2, 5)];
  const shrink = () => random.pick([0.5, 0.6, 0.8]);
  const scales = dims.map((_, axis) =>
    axis < 2 && rank > 2 && mode === 'linear' ? 1 : antialias ? shrink() : factor(),
  );
  return {
    opType: 'Resize',
    opset,
    inputs: [random.floats(dims), undefined, knownFloats(scales)],
    attributes: { mode, ...(antialias ? { antialias: 1 } : {}) },
    tolerance: 3e-5,
  };
}

/** What only operator set 11 had. */
function forNearestNeighbours(): Case {
  return {
    opType: 'Resize',
    opset: 11,
    inputs: [image(), knownFloats([]), knownFloats([1, 1, factor(), factor()])],
    attributes: {
      mode: random.pick(['nearest', 'linear']),
      coordinate_transformation_mode: 'tf_half_pixel_for_nn',
      nearest_mode: random.pick(roundings),
    },
    tolerance: 3e-5,
  };
}

/** A part of some axes, named in any order. */
function cropOfAxes(): Case {
  const axes = random.shuffle([2, 3]).map((axis) => (random.next() < 0.5 ? axis : axis - 4));
  return {
    opType: 'Resize',
    opset: random.pick([18, 19]),
    inputs: [
      image(),
      knownFloats([0.1, 0.2, 0.8, random.pick([0.9, 1.2])]),
      undefined,
      knownIntegers(random.dims(2, 8, 9)),
    ],
    attributes: {
      axes,
      mode: random.pick(['nearest', 'linear']),
      coordinate_transformation_mode: 'tf_crop_and_resize',
      extrapolation_value: float(3),
    },
    tolerance: 3e-5,
  };
}

function filteredOutside(): Case {
  return {
    opType: 'Resize',
    opset: random.pick([18, 19]),
    inputs: [image(), undefined, knownFloats([1, 1, factor(), factor()])],
    attributes: { mode: random.pick(['linear', 'cubic']), antialias: 1, exclude_outside: 1 },
    tolerance: 3e-5,
  };
}

function older(): Case {
  const mode = random.pick(['nearest', 'linear']);
  const up = [1, 1, random.pick([1, 2, 3, 1.5]), random.pick([1, 2, 2.5])];
  const form = random.pick(['Upsample-7', 'Upsample-9', 'Resize-10']);
  if (form === 'Upsample-7')
    return { opType: 'Upsample', opset: 7, inputs: [image()], attributes: { mode, scales: { floats: up } } };
  if (form === 'Upsample-9')
    return { opType: 'Upsample', opset: 9, inputs: [image(), knownFloats(up)], attributes: { mode } };
  return {
    opType: 'Resize',
    opset: 10,
    inputs: [image(), knownFloats([1, 1, factor(), factor()])],
    attributes: { mode },
    tolerance: 3e-5,
  };
}

/** Lengths that come out a pixel short, unless they are computed in float32. */
const rounded: readonly Case[] = [
  { opType: 'Upsample', opset: 9, inputs: [random.floats([1, 1, 5, 5]), knownFloats([1, 1, 1.4, 1.4])] },
  { opType: 'Resize', opset: 10, inputs: [random.floats([1, 1, 5, 5]), knownFloats([1, 1, 1.4, 1.4])] },
  { opType: 'Resize', opset: 13, inputs: [random.floats([1, 1, 5, 5]), undefined, knownFloats([1, 1, 1.4, 1.4])] },
  {
    opType: 'Resize',
    opset: 18,
    inputs: [random.floats([5, 5]), undefined, knownFloats([1.4])],
    attributes: { axes: [-1] },
  },
  {
    opType: 'Resize',
    opset: 18,
    inputs: [random.floats([1, 1, 10, 20]), undefined, undefined, knownIntegers([25, 33])],
    attributes: { axes: [2, 3], keep_aspect_ratio_policy: 'not_larger' },
  },
];

export const resizeCases: readonly Case[] = [
  ...rounded,
  ...repeat(60, () => resize('nearest')),
  ...repeat(50, () => resize('linear')),
  ...repeat(50, () => resize('cubic')),
  ...repeat(20, () => resize('linear', true)),
  ...repeat(20, () => resize('cubic', true)),
  ...repeat(20, overAxes),
  ...repeat(24, older),
  ...[1, 2, 3, 5].flatMap((rank) => repeat(5, () => ofRank(rank, 'nearest'))),
  ...[2, 3, 5].flatMap((rank) => repeat(5, () => ofRank(rank, 'linear'))),
  ...repeat(5, () => ofRank(5, 'linear', true)),
  ...repeat(12, forNearestNeighbours),
  ...repeat(12, cropOfAxes),
  ...repeat(12, filteredOutside),
];
