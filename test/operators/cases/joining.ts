import type { DataType } from '../../../src/onnx/value';
import { knownIntegers, type Case } from '../case';
import { Random } from '../random';
import { repeat } from './repeat';

const random = new Random(9);

function concat(type: DataType): Case {
  const dims = random.dims(random.integer(1, 4), 1, 4);
  const axis = random.integer(0, dims.length - 1);
  const inputs = Array.from({ length: random.integer(1, 4) }, () => {
    const own = dims.map((dim, i) => (i === axis ? random.integer(1, 4) : dim));
    return type === 'float32' ? random.floats(own) : random.integers(own, 0, 1, type);
  });
  return { opType: 'Concat', opset: random.pick([7, 11, 13]), inputs, attributes: { axis: axis } };
}

function split(): Case {
  const dims = random.dims(random.integer(1, 4), 1, 4);
  const axis = random.integer(0, dims.length - 1);
  const parts = random.dims(random.integer(1, 3), 1, 3);
  const form = random.pick(['attribute', 'input', 'equal', 'outputs']);
  const count = parts.length;
  const part = random.integer(1, 3);
  const size = {
    attribute: 0,
    input: 0,
    equal: count * part,
    outputs: Math.max(count, count * part - random.integer(0, 0)),
  }[form];
  dims[axis] = form === 'attribute' || form === 'input' ? parts.reduce((sum, length) => sum + length, 0) : size!;
  return {
    opType: 'Split',
    opset: { attribute: 11, input: 13, equal: 7, outputs: 18 }[form]!,
    inputs: [random.floats(dims), ...(form === 'input' ? [knownIntegers(parts)] : [])],
    outputs: count,
    attributes: {
      axis,
      ...(form === 'attribute' ? { split: parts } : {}),
      ...(form === 'outputs' ? { num_outputs: count } : {}),
    },
  };
}

export const joiningCases: readonly Case[] = [
  ...repeat(15, () => concat('float32')),
  ...repeat(4, () => concat('int64')),
  ...repeat(3, () => concat('bool')),
  { opType: 'Concat', opset: 13, inputs: [random.floats([2, 0]), random.floats([2, 3])], attributes: { axis: -1 } },
  ...repeat(20, split),
  { opType: 'Split', opset: 18, inputs: [random.floats([2, 7])], outputs: 3, attributes: { axis: 1, num_outputs: 3 } },
  { opType: 'Split', opset: 13, inputs: [random.integers([6])], outputs: 2, attributes: { axis: -1 } },
];
