import { known, knownIntegers, type Case } from '../case';
import { Random } from '../random';
import { repeat } from './repeat';

const random = new Random(18);

function topK(): Case {
  const dims = random.dims(random.integer(1, 3), 1, 6);
  const axis = random.integer(-dims.length, dims.length - 1);
  const k = random.integer(1, dims.at(axis)!);
  const x = random.pick([
    random.floats(dims),
    random.integers(dims, 0, 3, 'float32'),
    random.integers(dims, -3, 3),
    random.integers(dims, -3, 3, 'int32'),
  ]);
  return {
    opType: 'TopK',
    opset: 11,
    inputs: [x, knownIntegers([k])],
    outputs: 2,
    attributes: { axis, largest: random.integer(0, 1), sorted: 1 },
  };
}

function cumulative(): Case {
  const dims = random.dims(random.integer(1, 3), 1, 5);
  const axis = random.integer(-dims.length, dims.length - 1);
  return {
    opType: 'CumSum',
    opset: 14,
    inputs: [random.next() < 0.5 ? random.floats(dims) : random.integers(dims), known(random.integers([], axis, axis))],
    attributes: { exclusive: random.integer(0, 1), reverse: random.integer(0, 1) },
  };
}

export const searchCases: readonly Case[] = [
  { opType: 'NonZero', opset: 13, inputs: [known(random.integers([3, 4], 0, 1))] },
  { opType: 'NonZero', opset: 13, inputs: [known(random.bools([2, 3, 2]))] },
  { opType: 'NonZero', opset: 13, inputs: [known(random.integers([5], 0, 0))] },
  ...repeat(14, topK),
  ...repeat(12, cumulative),
];
