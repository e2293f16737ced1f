import { knownIntegers, type Case } from '../case';
import { Random } from '../random';
import { repeat } from './repeat';

const random = new Random(10);

function slice(): Case {
  const dims = random.dims(random.integer(1, 4), 1, 6);
  const axes = random.axes(dims.length);
  const bound = () => random.pick([random.integer(-8, 8), random.integer(0, 3), Number.MAX_SAFE_INTEGER, -1]);
  const starts = axes.map(() => random.integer(-7, 6));
  const ends = axes.map(bound);
  const x = random.next() < 0.8 ? random.floats(dims) : random.integers(dims);
  if (random.next() < 0.25) {
    return {
      opType: 'Slice',
      opset: 9,
      inputs: [x],
      attributes: { starts, ends, axes: axes.map((axis) => (axis + dims.length) % dims.length) },
    };
  }
  const steps = axes.map(() => random.pick([1, 1, 2, 3, -1, -2]));
  return {
    opType: 'Slice',
    opset: random.pick([10, 11, 13]),
    inputs: [
      x,
      knownIntegers(starts),
      knownIntegers(ends),
      knownIntegers(axes),
      ...(random.next() < 0.7 ? [knownIntegers(steps)] : []),
    ],
  };
}

export const sliceCases: readonly Case[] = [
  ...repeat(80, slice),
  { opType: 'Slice', opset: 13, inputs: [random.floats([3, 4]), knownIntegers([0, 1]), knownIntegers([2, 3])] },
  {
    opType: 'Slice',
    opset: 13,
    inputs: [random.floats([3, 4]), knownIntegers([0]), knownIntegers([3]), undefined, knownIntegers([1])],
  },
];
