import { known, type Case } from '../case';
import { Random } from '../random';
import { repeat } from './repeat';

const random = new Random(22);

function wild(dims: readonly number[]) {
  const x = random.floats(dims);
  const data = x.data as Float32Array;
  data.forEach((_, i) => {
    if (random.next() < 0.6) data[i] = random.pick([NaN, Infinity, -Infinity]);
  });
  return x;
}

function oneHot(): Case {
  const dims = random.dims(random.integer(1, 3), 1, 4);
  const depth = random.integer(1, 6);
  // Of indices, depth and values: some of the combinations that onnxruntime has.
  const [type, depthType, valueType] = random.pick([
    ['int64', 'int64', 'int64'],
    ['float32', 'int64', 'int64'],
    ['float32', 'float32', 'float32'],
    ['int64', 'int64', 'float32'],
    ['int32', 'int32', 'float32'],
    ['int32', 'float32', 'float32'],
  ] as const);
  const values = valueType === 'float32' ? random.floats([2]) : random.integers([2], -5, 5);
  return {
    opType: 'OneHot',
    opset: 11,
    // Some out of range.
    inputs: [
      random.integers(dims, -depth - 1, depth, type),
      known(random.integers(random.next() < 0.5 ? [] : [1], depth, depth, depthType)),
      random.next() < 0.5 ? known(values) : values,
    ],
    attributes: { axis: random.integer(-dims.length - 1, dims.length) },
  };
}

function triangle(): Case {
  const dims = random.dims(random.integer(2, 3), 1, 6);
  const x = random.pick([random.floats(dims), random.integers(dims), random.bools(dims)]);
  const k = known(random.integers([], -7, 7));
  return {
    opType: 'Trilu',
    opset: 14,
    inputs: random.next() < 0.3 ? [x] : [x, k],
    attributes: random.next() < 0.3 ? {} : { upper: random.integer(0, 1) },
  };
}

export const maskingCases: readonly Case[] = [
  { opType: 'IsNaN', opset: 13, inputs: [wild([3, 5])] },
  { opType: 'IsNaN', opset: 20, inputs: [wild([])] },
  ...[0, 1].flatMap((positive) =>
    [0, 1].map((negative) => ({
      opType: 'IsInf',
      opset: 20,
      inputs: [wild([3, 5])],
      attributes: { detect_positive: positive, detect_negative: negative },
    })),
  ),
  { opType: 'IsInf', opset: 10, inputs: [wild([7])] },
  ...repeat(20, oneHot),
  ...repeat(20, triangle),
];
