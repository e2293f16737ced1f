import type { Constant } from '../../../src/onnx/value';
import { constantOf } from '../../../src/operators/elements';
import { known, type Case, type CaseInput } from '../case';
import { Random } from '../random';
import { repeat } from './repeat';

const random = new Random(31);

/** Some of the inputs are known, the others fed. */
function some(constant: Constant): CaseInput {
  return random.next() < 0.3 ? known(constant) : constant;
}

function unique(): Case {
  const dims = random.dims(random.integer(1, 3), 1, 5);
  const x = random.pick([
    random.integers(dims, 0, 2, 'float32'),
    random.integers(dims, -2, 1),
    random.integers(dims, -2, 1, 'int8'),
  ]);
  return {
    opType: 'Unique',
    opset: 11,
    inputs: [some(x)],
    outputs: 4,
    attributes: {
      sorted: random.integer(0, 1),
      ...(random.next() < 0.6 ? { axis: random.integer(-dims.length, dims.length - 1) } : {}),
    },
  };
}

function nonMaxSuppression(): Case {
  const [batch, classes, count] = [random.integer(1, 3), random.integer(1, 3), random.integer(1, 40)];
  const isCentered = random.integer(0, 1);
  const boxes = random.floats([batch, count, 4], 0, 3);
  const scores = random.next() < 0.3 ? random.integers([batch, classes, count], 0, 3, 'float32') : undefined;
  const given = random.integer(2, 5);
  const options = [
    constantOf('int64', random.pick([[], [1]]), [random.integer(0, 12)]),
    constantOf('float32', random.pick([[], [1]]), [random.pick([0, 0.1, 0.3, 0.5, 0.8, 1])]),
    constantOf('float32', [1], [random.next() * 0.7]),
  ].slice(0, given - 2);
  return {
    opType: 'NonMaxSuppression',
    opset: random.pick([10, 11]),
    inputs: [
      some(boxes),
      some(scores ?? random.floats([batch, classes, count], 0, 1)),
      ...options.map((option, index) => (index === 1 && random.next() < 0.2 ? undefined : some(option))),
    ],
    attributes: { center_point_box: isCentered },
  };
}

export const selectionCases: readonly Case[] = [
  { opType: 'NonZero', opset: 9, inputs: [random.integers([3, 4], 0, 1, 'float32')] },
  { opType: 'NonZero', opset: 13, inputs: [random.bools([2, 3, 2])] },
  ...repeat(40, unique),
  ...repeat(60, nonMaxSuppression),
];
