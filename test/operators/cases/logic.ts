import type { Case } from '../case';
import { Random } from '../random';
import { repeat } from './repeat';

const random = new Random(7);

function comparison(opType: string): Case {
  const dims = random.dims(random.integer(0, 3), 1, 5);
  const other = random.next() < 0.5 ? dims : dims.slice(1);
  const make = (shape: number[]) => random.integers(shape, -2, 2, 'float32');
  return { opType, opset: 16, inputs: [make(dims), make(other)] };
}

const wholeComparison = (opType: string): Case => ({
  opType,
  opset: 16,
  inputs: [random.integers([3, 2], -2, 2), random.integers([2], -2, 2)],
});

const logical = (opType: string): Case => {
  const dims = random.dims(random.integer(0, 3), 1, 5);
  return { opType, opset: 7, inputs: [random.bools(dims), random.bools(dims.slice(random.integer(0, 1)))] };
};

function where(): Case {
  const dims = random.dims(3, 1, 4);
  const some = () => dims.map((dim) => (random.next() < 0.3 ? 1 : dim));
  return {
    opType: 'Where',
    opset: random.pick([9, 16]),
    inputs: [random.bools(some()), random.floats(some()), random.floats(some())],
  };
}

export const logicCases: readonly Case[] = [
  ...['Equal', 'Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual'].flatMap((name) => [
    ...repeat(3, () => comparison(name)),
    wholeComparison(name),
  ]),
  { opType: 'Equal', opset: 13, inputs: [random.bools([5]), random.bools([5])] },
  ...['And', 'Or', 'Xor'].flatMap((name) => repeat(3, () => logical(name))),
  { opType: 'Not', opset: 1, inputs: [random.bools([2, 4])] },
  ...repeat(8, where),
  {
    opType: 'Where',
    opset: 16,
    inputs: [random.bools([4]), random.integers([4]), random.integers([1])],
  },
  {
    opType: 'Where',
    opset: 16,
    inputs: [random.bools([4]), random.integers([4], 0, 9, 'uint8'), random.integers([4], 0, 9, 'uint8')],
  },
];
