import { dataTypeCode } from '../../../src/onnx/tensor';
import type { DataType } from '../../../src/onnx/value';
import { known, type Case } from '../case';
import { Random } from '../random';

const random = new Random(8);
const types: DataType[] = ['float32', 'float64', 'int64', 'int32', 'uint8', 'bool'];

const cast = (from: DataType, to: DataType): Case => ({
  opType: 'Cast',
  opset: random.pick([9, 13]),
  inputs: [random.integers([2, 3], 0, 3, from)],
  attributes: { to: dataTypeCode(to) },
});

export const castCases: readonly Case[] = [
  ...types.flatMap((from) => types.map((to) => cast(from, to))),
  { opType: 'Cast', opset: 13, inputs: [random.floats([9], -4, 4)], attributes: { to: dataTypeCode('int64') } },
  { opType: 'Cast', opset: 13, inputs: [random.floats([9], -4, 4)], attributes: { to: dataTypeCode('bool') } },
  { opType: 'Cast', opset: 13, inputs: [random.floats([9], -4, 4)], attributes: { to: dataTypeCode('float16') } },
  { opType: 'Cast', opset: 13, inputs: [random.halves([9])], attributes: { to: dataTypeCode('float32') } },
  { opType: 'Cast', opset: 13, inputs: [known(random.halves([9]))], attributes: { to: dataTypeCode('float32') } },
  {
    opType: 'Cast',
    opset: 13,
    inputs: [known(random.integers([9], -300, 300))],
    attributes: { to: dataTypeCode('int8') },
  },
  {
    opType: 'Cast',
    opset: 13,
    inputs: [known(random.integers([9], -300, 300))],
    attributes: { to: dataTypeCode('int32') },
  },
  {
    opType: 'Cast',
    opset: 13,
    inputs: [known({ type: 'int64', dims: [2], data: BigInt64Array.of(2n ** 62n + 1n, -(2n ** 62n) - 1n) })],
    attributes: { to: dataTypeCode('uint64') },
  },
  { opType: 'CastLike', opset: 15, inputs: [random.floats([4], -4, 4), random.integers([1])] },
];
