import { known, knownIntegers, type Case } from '../case';
import { Random } from '../random';

const random = new Random(12);

const reshape = (dims: number[], shape: number[], allowzero?: number): Case => ({
  opType: 'Reshape',
  opset: allowzero === undefined ? random.pick([7, 13]) : 14,
  inputs: [random.floats(dims), knownIntegers(shape)],
  ...(allowzero === undefined ? {} : { attributes: { allowzero } }),
});

const flatten = (axis?: number): Case => ({
  opType: 'Flatten',
  opset: 13,
  inputs: [random.floats([2, 3, 4])],
  attributes: axis === undefined ? {} : { axis },
});

export const shapingCases: readonly Case[] = [
  reshape([2, 3, 4], [4, 6]),
  reshape([2, 3, 4], [0, -1]),
  reshape([2, 3, 4], [-1]),
  reshape([2, 3, 4], [0, 0, 2, 2]),
  reshape([1], []),
  // A declared dim of 0 is a free one, so the engine has no such input.
  { ...reshape([0, 3], [3, 0], 1), runs: false },
  reshape([2, 3], [3, 2], 0),
  ...[undefined, 0, 1, 2, 3, -1, -3].map(flatten),
  { opType: 'Squeeze', opset: 11, inputs: [random.floats([1, 3, 1])] },
  { opType: 'Squeeze', opset: 11, inputs: [random.floats([1, 3, 1])], attributes: { axes: [0] } },
  { opType: 'Squeeze', opset: 13, inputs: [random.floats([1, 3, 1]), knownIntegers([-1])] },
  { opType: 'Squeeze', opset: 13, inputs: [random.floats([1, 1])] },
  { opType: 'Unsqueeze', opset: 11, inputs: [random.floats([3])], attributes: { axes: [0, 2] } },
  { opType: 'Unsqueeze', opset: 13, inputs: [random.floats([3, 2]), knownIntegers([-1, 0])] },
  { opType: 'Unsqueeze', opset: 13, inputs: [random.integers([]), knownIntegers([0])] },
  { opType: 'Identity', opset: 13, inputs: [random.floats([2, 2])] },
  { opType: 'Identity', opset: 13, inputs: [random.integers([2, 2])] },
  { opType: 'Dropout', opset: 7, inputs: [random.floats([2, 2])] },
  { opType: 'Dropout', opset: 13, inputs: [random.floats([2, 2])], outputs: 2, folds: false },
  { opType: 'Dropout', opset: 13, inputs: [random.floats([2, 2]), known(random.floats([]))] },
  {
    opType: 'Dropout',
    opset: 13,
    inputs: [
      random.floats([2, 2]),
      known(random.floats([])),
      known({ type: 'bool', dims: [], data: Uint8Array.of(0) }),
    ],
  },
];
