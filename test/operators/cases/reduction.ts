import type { AttributeValue } from '../../../src/onnx/attribute';
import { knownIntegers, type Case } from '../case';
import { Random } from '../random';
import { repeat } from './repeat';

const random = new Random(15);

function reduce(opType: string): Case {
  const dims = random.dims(random.integer(1, 4), 1, 5);
  const every = random.next() < 0.2;
  const axes = random.axes(dims.length);
  const positive = opType === 'ReduceLogSum';
  const x = random.floats(dims, positive ? 0.1 : -2, 2);
  const keep: Record<string, AttributeValue> = random.next() < 0.6 ? { keepdims: random.integer(0, 1) } : {};
  const byInput = random.next() < 0.5;
  const opset = byInput ? 18 : 11;
  if (every) return { opType, opset, inputs: [x], attributes: keep };
  return byInput
    ? { opType, opset, inputs: [x, knownIntegers(axes)], attributes: keep }
    : { opType, opset, inputs: [x], attributes: { ...keep, axes } };
}

const names = ['Sum', 'Mean', 'Max', 'Min', 'Prod', 'L1', 'L2', 'SumSquare', 'LogSum', 'LogSumExp'].map(
  (name) => `Reduce${name}`,
);

const whole = (opType: string): Case => ({
  opType,
  opset: 18,
  inputs: [random.integers([3, 4], -5, 5, random.pick(['int64', 'int32'])), knownIntegers([random.integer(0, 1)])],
});

const idle = (opType: string): Case => ({
  opType,
  opset: 18,
  inputs: [random.floats([2, 3], opType === 'ReduceLogSum' ? 0.1 : -2, 2)],
  attributes: { noop_with_empty_axes: 1 },
});

function arg(opType: string): Case {
  const dims = random.dims(random.integer(1, 4), 1, 5);
  // Few values, so that there are ties.
  const x = random.integers(dims, 0, 3, 'float32');
  return {
    opType,
    opset: random.pick([12, 13]),
    inputs: [x],
    attributes: {
      axis: random.integer(-dims.length, dims.length - 1),
      keepdims: random.integer(0, 1),
      select_last_index: random.integer(0, 1),
    },
  };
}

export const reductionCases: readonly Case[] = [
  ...names.flatMap((name) => repeat(8, () => reduce(name))),
  ...['ReduceSum', 'ReduceMax', 'ReduceMin', 'ReduceProd', 'ReduceMean', 'ReduceL1', 'ReduceSumSquare'].flatMap(
    (name) => repeat(2, () => whole(name)),
  ),
  ...names.map(idle),
  ...['ArgMax', 'ArgMin'].flatMap((name) => repeat(10, () => arg(name))),
];
