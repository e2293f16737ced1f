import type { AttributeValue } from '../../../src/onnx/attribute';
import { float, known, type Case } from '../case';
import { Random } from '../random';
import { repeat } from './repeat';

const random = new Random(4);

const map = (channels: number, rank = random.integer(1, 3)) => [
  random.integer(1, 2),
  channels,
  ...random.dims(rank, 2, 5),
];

function batch(): Case {
  const c = random.integer(1, 5);
  const x = random.next() < 0.2 ? [random.integer(1, 3), c] : map(c);
  return {
    opType: 'BatchNormalization',
    opset: random.pick([7, 9, 14, 15]),
    inputs: [
      random.floats(x),
      ...[random.floats([c]), random.floats([c]), random.floats([c]), random.floats([c], 0.1, 2)].map(known),
    ],
    attributes: random.next() < 0.5 ? { epsilon: float(1e-3) } : {},
  };
}

/** By the statistics of the batch. */
function trained(): Case {
  const c = random.integer(1, 5);
  const opset = random.pick([7, 8, 9, 13, 14, 15]);
  const vector = () => (random.next() < 0.5 ? known(random.floats([c], 0.1, 2)) : random.floats([c], 0.1, 2));
  return {
    opType: 'BatchNormalization',
    opset,
    inputs: [
      random.floats([random.integer(2, 3), c, ...random.dims(random.integer(1, 2), 2, 5)]),
      vector(),
      vector(),
      vector(),
      vector(),
    ],
    attributes: {
      ...(opset >= 14 ? { training_mode: 1 } : {}),
      ...(random.next() < 0.5 ? { momentum: float(0.7) } : {}),
      ...(random.next() < 0.5 ? { epsilon: float(1e-3) } : {}),
    },
    outputs: opset >= 14 ? 3 : 5,
  };
}

/** Of a vector. */
function ofOneChannel(training: boolean): Case {
  const factor = () => known(random.floats([1], 0.1, 2));
  return {
    opType: 'BatchNormalization',
    opset: 15,
    inputs: [random.floats([7]), factor(), factor(), factor(), factor()],
    attributes: training ? { training_mode: 1 } : {},
    outputs: training ? 3 : 1,
  };
}

/** With statistics of each point. */
function ofPoints(): Case {
  const [n, ...point] = map(random.integer(1, 4));
  const statistic = () => known(random.floats(point, 0.1, 2));
  return {
    opType: 'BatchNormalization',
    opset: random.pick([7, 8]),
    inputs: [random.floats([n!, ...point]), statistic(), statistic(), statistic(), statistic()],
    attributes: { spatial: 0 },
  };
}

function instance(): Case {
  const c = random.integer(1, 4);
  const factor = random.floats([c]);
  return {
    opType: 'InstanceNormalization',
    opset: random.pick([7, 22]),
    inputs: [random.floats(map(c)), random.next() < 0.5 ? known(factor) : factor, known(random.floats([c]))],
    attributes: random.next() < 0.5 ? { epsilon: float(1e-2) } : {},
  };
}

function group(): Case {
  const [groups, per] = [random.integer(1, 3), random.integer(1, 3)];
  const c = groups * per;
  return {
    opType: 'GroupNormalization',
    opset: 21,
    inputs: [random.floats(map(c, 2)), known(random.floats([c])), known(random.floats([c]))],
    attributes: { num_groups: groups },
  };
}

function layer(): Case {
  const dims = random.dims(random.integer(1, 4), 2, 5);
  const axis = random.integer(0, dims.length - 1);
  const factor = dims.slice(axis);
  return {
    opType: 'LayerNormalization',
    opset: 17,
    inputs: [
      random.floats(dims),
      known(random.floats(factor)),
      ...(random.next() < 0.6 ? [known(random.floats(factor))] : []),
    ],
    attributes: { axis: random.next() < 0.5 ? axis : axis - dims.length },
    outputs: random.pick([1, 1, 2, 3]),
    tolerance: 2e-5,
  };
}

const local = (): Case => ({
  opType: 'LRN',
  opset: random.pick([7, 13]),
  inputs: [random.floats(map(random.integer(1, 7), 2))],
  attributes: {
    size: random.pick([1, 3, 5]),
    ...(random.next() < 0.5 ? { alpha: float(0.2), beta: float(0.5), bias: float(2) } : {}),
  },
});

const meanVariance = (): Case => ({
  opType: 'MeanVarianceNormalization',
  opset: random.pick([9, 13]),
  inputs: [random.floats(map(3, 2))],
  attributes: random.pick<Record<string, AttributeValue>>([
    {},
    { axes: [0, 2, 3] },
    { axes: [0, 1, 2, 3] },
    { axes: [2, 3] },
  ]),
  tolerance: 1e-4,
});

function lp(): Case {
  const dims = random.dims(random.integer(1, 4), 1, 5);
  return {
    opType: 'LpNormalization',
    opset: 1,
    inputs: [random.floats(dims)],
    attributes: { p: random.integer(1, 2), axis: random.integer(-dims.length, dims.length - 1) },
  };
}

export const normalizationCases: readonly Case[] = [
  ...repeat(16, batch),
  ...repeat(10, instance),
  ...repeat(8, group),
  {
    opType: 'GroupNormalization',
    opset: 18,
    inputs: [random.floats([2, 6, 3, 2]), known(random.floats([3])), known(random.floats([3]))],
    attributes: { num_groups: 3 },
  },
  ...repeat(16, layer),
  ...repeat(12, local),
  ...repeat(8, meanVariance),
  ...repeat(10, lp),
  ...repeat(12, trained),
  ...repeat(4, ofPoints),
  ...[false, true].map(ofOneChannel),
  { opType: 'LpNormalization', opset: 1, inputs: [{ type: 'float32', dims: [2, 3], data: new Float32Array(6) }] },
];
