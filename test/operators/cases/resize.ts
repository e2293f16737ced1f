import type { AttributeValue } from '../../../src/onnx/attribute';
import { Random } from '../random';
import { float, knownFloats, knownIntegers, type Case } from '../case';
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
  const transformation = random.pick(antialias ? transformations.slice(0, 5) : transformations);
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
    attributes: { axes: [2, 3], mode: random.pick(['nearest', 'linear']), keep_aspect_ratio_policy: policy },
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

export const resizeCases: readonly Case[] = [
  ...repeat(60, () => resize('nearest')),
  ...repeat(50, () => resize('linear')),
  ...repeat(50, () => resize('cubic')),
  ...repeat(20, () => resize('linear', true)),
  ...repeat(20, () => resize('cubic', true)),
  ...repeat(20, overAxes),
  ...repeat(24, older),
];
