import { encodeTensor, dataTypeCode } from '../../../src/onnx/tensor';
import { constantOf } from '../../../src/operators/elements';
import { float, known, knownIntegers, type Case } from '../case';
import { Random } from '../random';

const random = new Random(17);

const tensor = (constant: Parameters<typeof encodeTensor>[1]) => ({ tensor: encodeTensor('value', constant) });
const range = (type: 'int64' | 'float32' | 'int32', ...bounds: number[]): Case => ({
  opType: 'Range',
  opset: 11,
  inputs: bounds.map((bound) => known(constantOf(type, [], [bound]))),
});

/** Those whose result depends on elements infer it only when they are known. */
export const sourceCases: readonly Case[] = [
  { opType: 'Shape', opset: 13, inputs: [random.floats([2, 3, 4])] },
  { opType: 'Shape', opset: 15, inputs: [random.floats([2, 3, 4])], attributes: { start: 1 } },
  { opType: 'Shape', opset: 15, inputs: [random.floats([2, 3, 4])], attributes: { start: -2, end: -1 } },
  { opType: 'Shape', opset: 15, inputs: [random.floats([2, 3, 4])], attributes: { start: -9, end: 9 } },
  { opType: 'Size', opset: 13, inputs: [random.floats([2, 3, 4])] },
  { opType: 'Constant', opset: 13, inputs: [], attributes: { value: tensor(random.floats([2, 2])) } },
  { opType: 'Constant', opset: 13, inputs: [], attributes: { value: tensor(random.integers([3])) } },
  { opType: 'Constant', opset: 13, inputs: [], attributes: { value_float: float(1.5) } },
  { opType: 'Constant', opset: 13, inputs: [], attributes: { value_int: 7 } },
  { opType: 'Constant', opset: 13, inputs: [], attributes: { value_ints: [7, 8] } },
  { opType: 'Constant', opset: 13, inputs: [], attributes: { value_floats: { floats: [7.5, 8] } } },
  { opType: 'ConstantOfShape', opset: 9, inputs: [knownIntegers([2, 3])] },
  {
    opType: 'ConstantOfShape',
    opset: 9,
    inputs: [knownIntegers([])],
    attributes: { value: tensor(random.integers([1])) },
  },
  {
    opType: 'ConstantOfShape',
    opset: 9,
    inputs: [knownIntegers([4])],
    attributes: { value: tensor(random.integers([1])) },
  },
  range('int64', 0, 5, 1),
  range('int64', 5, -3, -2),
  range('int64', 3, 3, 1),
  range('int64', 4, 0, 1),
  range('int32', 1, 8, 3),
  range('float32', 0, 2, 0.5),
  range('float32', 1, -1, -0.3),
  { opType: 'EyeLike', opset: 9, inputs: [random.floats([3, 4])] },
  { opType: 'EyeLike', opset: 9, inputs: [random.floats([3, 4])], attributes: { k: 1, dtype: dataTypeCode('int64') } },
  { opType: 'EyeLike', opset: 9, inputs: [random.integers([4, 2])], attributes: { k: -1 } },
];
