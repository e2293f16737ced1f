import type { Constant } from '../../../src/onnx/value';
import { known, knownFloats, knownIntegers, type Case } from '../case';
import { Random } from '../random';

const random = new Random(21);

/** Every kind of operation on halves and doubles, which the engine holds as float32. */
function over(make: (dims: number[]) => Constant): Case[] {
  const x = () => make([1, 2, 4, 4]);
  return [
    { opType: 'Conv', opset: 13, inputs: [x(), known(make([3, 2, 3, 3])), known(make([3]))] },
    { opType: 'Add', opset: 13, inputs: [x(), known(make([2, 1, 1]))] },
    { opType: 'Relu', opset: 13, inputs: [x()] },
    { opType: 'Concat', opset: 13, inputs: [x(), x()], attributes: { axis: 1 } },
    { opType: 'MaxPool', opset: 12, inputs: [x()], attributes: { kernel_shape: [2, 2] } },
    { opType: 'Transpose', opset: 13, inputs: [x()] },
    { opType: 'Slice', opset: 13, inputs: [x(), knownIntegers([1]), knownIntegers([2]), knownIntegers([2])] },
    { opType: 'ReduceMean', opset: 13, inputs: [x()], attributes: { axes: [2, 3] } },
    {
      opType: 'Resize',
      opset: 13,
      inputs: [x(), undefined, knownFloats([1, 1, 2, 2])],
      attributes: { mode: 'nearest' },
    },
    { opType: 'Gemm', opset: 13, inputs: [make([2, 3]), known(make([3, 4]))] },
    { opType: 'Softmax', opset: 13, inputs: [x()] },
  ];
}

/** onnxruntime has no double-precision form of these. */
const singleOnly: ReadonlySet<string> = new Set(['Conv', 'Resize']);

export const narrowCases: readonly Case[] = [
  ...over((dims) => random.halves(dims)),
  ...over((dims) => {
    const { data } = random.floats(dims);
    return { type: 'float64', dims, data: Float64Array.from(data as Float32Array) };
  }).filter(({ opType }) => !singleOnly.has(opType)),
];
