import { elementCount } from '../../../src/onnx/value';
import { known, knownIntegers, type Case } from '../case';
import { Random } from '../random';
import { repeat } from './repeat';

const random = new Random(14);

function gather(): Case {
  const dims = random.dims(random.integer(1, 4), 1, 5);
  const axis = random.integer(-dims.length, dims.length - 1);
  const size = dims.at(axis)!;
  const type = random.pick(['int64', 'int32'] as const);
  const fixed = random.next() < 0.6;
  const indices = random.integers(random.dims(random.integer(0, 2), 1, 3), fixed ? -size : 0, size - 1, type);
  return {
    opType: 'Gather',
    opset: random.pick([7, 11, 13]),
    inputs: [random.next() < 0.7 ? random.floats(dims) : random.integers(dims), fixed ? known(indices) : indices],
    attributes: axis >= 0 || random.next() < 2 ? { axis } : {},
  };
}

function gatherElements(): Case {
  const dims = random.dims(random.integer(1, 3), 1, 5);
  const axis = random.integer(0, dims.length - 1);
  const shape = dims.map((dim, i) => (i === axis ? random.integer(1, 4) : random.integer(1, dim)));
  const size = dims[axis]!;
  const indices = random.integers(shape, -size, size - 1, random.pick(['int64', 'int32'] as const));
  return {
    opType: 'GatherElements',
    opset: random.pick([11, 13]),
    inputs: [
      random.next() < 0.7 ? random.floats(dims) : random.integers(dims),
      random.next() < 0.5 ? known(indices) : indices,
    ],
    attributes: { axis },
  };
}

function compress(): Case {
  const dims = random.dims(random.integer(1, 3), 1, 5);
  const axis = random.integer(-dims.length, dims.length - 1);
  const flat = random.next() < 0.4;
  const length = flat ? elementCount(dims) : dims.at(axis)!;
  return {
    opType: 'Compress',
    opset: 11,
    inputs: [random.floats(dims), known(random.bools([random.integer(1, length)]))],
    attributes: flat ? {} : { axis },
  };
}

export const gatherCases: readonly Case[] = [
  ...repeat(40, gather),
  ...repeat(16, gatherElements),
  ...repeat(10, compress),
  {
    opType: 'GatherND',
    opset: 12,
    inputs: [random.floats([2, 3, 4]), known({ type: 'int64', dims: [2, 2], data: BigInt64Array.of(0n, 1n, 1n, -1n) })],
  },
  {
    opType: 'GatherND',
    opset: 12,
    inputs: [random.floats([2, 3]), { type: 'int64', dims: [3, 2], data: BigInt64Array.of(0n, 1n, 1n, 2n, 1n, 0n) }],
  },
  {
    opType: 'GatherND',
    opset: 12,
    inputs: [random.floats([2, 3, 4]), { type: 'int64', dims: [2, 1], data: BigInt64Array.of(2n, 0n) }],
    attributes: { batch_dims: 1 },
  },
  {
    opType: 'Gather',
    opset: 13,
    inputs: [knownIntegers([4, 5, 6]), known(random.integers([], 1, 1))],
    attributes: { axis: 0 },
  },
];
