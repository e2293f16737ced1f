import type { AttributeValue } from '../../../src/onnx/attribute';
import { float, known, knownFloats, knownIntegers, type Case } from '../case';
import { Random } from '../random';
import { repeat } from './repeat';

const random = new Random(11);

function pad(mode: string): Case {
  const dims = random.dims(random.integer(1, 4), 4, 6);
  const pads = random.dims(2 * dims.length, -1, 2);
  const attributes: Record<string, AttributeValue> = mode === 'constant' && random.next() < 0.5 ? {} : { mode };
  const x = random.floats(dims);
  if (mode !== 'wrap' && random.next() < 0.3) {
    if (mode === 'constant') attributes.value = float(1.5);
    return { opType: 'Pad', opset: 7, inputs: [x], attributes: { ...attributes, pads } };
  }
  const value = known({ type: 'float32', dims: [], data: Float32Array.of(-2.5) });
  const form = random.integer(0, 2);
  if (form === 2) {
    const axes = random.axes(dims.length);
    return {
      opType: 'Pad',
      opset: random.pick(mode === 'wrap' ? [19, 21] : [18, 21, 23]),
      inputs: [
        x,
        knownIntegers(pads.slice(0, 2 * axes.length)),
        mode === 'constant' ? value : undefined,
        knownIntegers(axes),
      ],
      attributes,
    };
  }
  return {
    opType: 'Pad',
    opset: mode === 'wrap' ? 19 : random.pick([11, 13]),
    inputs: [x, knownIntegers(pads), ...(mode === 'constant' && form === 1 ? [value] : [])],
    attributes,
  };
}

export const padCases: readonly Case[] = [
  ...['constant', 'reflect', 'edge', 'wrap'].flatMap((mode) => repeat(mode === 'constant' ? 20 : 14, () => pad(mode))),
  { opType: 'Pad', opset: 13, inputs: [random.floats([2, 3]), knownIntegers([0, 0, 0, 0])] },
  { opType: 'Pad', opset: 13, inputs: [knownFloats([1, 2, 3]), knownIntegers([1, 1])] },
  {
    opType: 'Pad',
    opset: 13,
    inputs: [random.integers([3], 0, 9, 'int32'), knownIntegers([1, 2]), known(random.integers([], 7, 7, 'int32'))],
  },
  {
    opType: 'Pad',
    opset: 13,
    inputs: [known(random.integers([3])), knownIntegers([1, 2]), known(random.integers([]))],
  },
  ...(['int64', 'uint8', 'int8', 'bool'] as const).map((type): Case => ({
    opType: 'Pad',
    opset: 13,
    inputs: [random.integers([2, 3], 0, 1, type), knownIntegers([1, 0, 2, -1]), known(random.integers([], 1, 1, type))],
  })),
  ...(['edge', 'reflect'] as const).map((mode): Case => ({
    opType: 'Pad',
    opset: 13,
    inputs: [random.integers([2, 4], 0, 9, 'int64'), knownIntegers([1, 0, 0, 2])],
    attributes: { mode },
  })),
];
