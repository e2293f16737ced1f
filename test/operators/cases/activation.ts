import type { AttributeValue } from '../../../src/onnx/attribute';
import { constantOf } from '../../../src/operators/elements';
import { float, known, knownFloats, type Case } from '../case';
import { Random } from '../random';

const random = new Random(5);

const x = () => random.floats(random.dims(random.integer(0, 4), 1, 5), -4, 4);

function simple(opType: string, opset: number, ...options: Record<string, AttributeValue>[]): Case[] {
  return [{}, {}, ...options].map((attributes) => ({ opType, opset, inputs: [x()], attributes }));
}

function clip(): Case[] {
  const scalar = (value: number) => constantOf('float32', [], [value]);
  const whole = (value: number) => constantOf('int64', [], [value]);
  return [
    { opType: 'Clip', opset: 7, inputs: [x()] },
    { opType: 'Clip', opset: 7, inputs: [x()], attributes: { min: float(-1), max: float(2) } },
    { opType: 'Clip', opset: 11, inputs: [x(), known(scalar(0)), known(scalar(6))] },
    { opType: 'Clip', opset: 13, inputs: [x(), undefined, known(scalar(1))] },
    { opType: 'Clip', opset: 13, inputs: [x(), known(scalar(-1))] },
    { opType: 'Clip', opset: 13, inputs: [x(), scalar(-1), scalar(2)] },
    { opType: 'Clip', opset: 13, inputs: [x(), undefined, scalar(2)] },
    { opType: 'Clip', opset: 13, inputs: [x(), scalar(-2)] },
    { opType: 'Clip', opset: 13, inputs: [random.integers([7], -9, 9), known(whole(-2)), known(whole(3))] },
    { opType: 'Clip', opset: 13, inputs: [random.integers([7], -9, 9), whole(-2), whole(3)] },
    { opType: 'Clip', opset: 13, inputs: [random.integers([7], -9, 9), undefined, known(whole(3))] },
    { opType: 'Clip', opset: 13, inputs: [random.integers([7], -9, 9)] },
  ];
}

function parametric(): Case[] {
  const input = random.floats([2, 3, 4, 5], -2, 2);
  return [[1], [3, 1, 1], [4, 5], [2, 3, 4, 5], [1, 3, 1, 1]].map((dims) => ({
    opType: 'PRelu',
    opset: random.pick([7, 9, 16]),
    inputs: [input, known(random.floats(dims))],
  }));
}

export const activationCases: readonly Case[] = [
  ...simple('Relu', 13),
  { opType: 'Relu', opset: 14, inputs: [random.integers([6], -5, 5, 'int32')] },
  ...simple('LeakyRelu', 16, { alpha: float(0.2) }),
  ...simple('Elu', 6, { alpha: float(0.7) }),
  ...simple('Selu', 6, { alpha: float(1.2), gamma: float(0.8) }),
  ...simple('Celu', 12, { alpha: float(0.6) }),
  ...simple('Sigmoid', 13),
  ...simple('HardSigmoid', 6, { alpha: float(0.3), beta: float(0.4) }),
  ...simple('HardSwish', 14),
  ...simple('Mish', 18),
  ...simple('Gelu', 20, { approximate: 'tanh' }),
  ...simple('Tanh', 13),
  ...simple('Softplus', 1),
  ...simple('Softsign', 1),
  ...simple('ThresholdedRelu', 10, { alpha: float(0.5) }),
  ...simple('Shrink', 9, { lambd: float(1), bias: float(0.5) }),
  ...simple('Swish', 24, { alpha: float(0.5) }),
  ...clip(),
  ...parametric(),
  { opType: 'Relu', opset: 13, inputs: [knownFloats([-1, 0, 1, -0])] },
];
