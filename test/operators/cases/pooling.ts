import { Random } from '../random';
import type { Case } from '../case';
import { repeat } from './repeat';

const random = new Random(2);

function window(rank: number, least: number): { auto_pad?: string; pads?: number[] } {
  const mode = random.pick(['none', 'pads', 'pads', 'VALID', 'SAME_UPPER', 'SAME_LOWER']);
  if (mode === 'none') return {};
  return mode === 'pads' ? { pads: random.dims(2 * rank, 0, least) } : { auto_pad: mode };
}

function pool(opType: 'MaxPool' | 'AveragePool' | 'LpPool', rank: number): Case {
  const kernel = random.dims(rank, 2, 3);
  const padding = window(rank, 1);
  // onnxruntime takes ceil_mode and dilations with explicit padding only.
  const explicit = padding.auto_pad === undefined;
  const dilated = explicit && random.next() < 0.3;
  const ceil = explicit && opType !== 'LpPool' && random.next() < 0.5;
  return {
    opType,
    opset: dilated || opType === 'LpPool' ? (opType === 'MaxPool' ? 12 : 19) : random.pick([11, 12, 19, 22]),
    inputs: [random.floats([random.integer(1, 2), random.integer(1, 3), ...random.dims(rank, 6, 9)])],
    attributes: {
      ...padding,
      kernel_shape: kernel,
      // With SAME padding onnxruntime refuses strides that are longer than the kernel.
      ...(random.next() < 0.7 ? { strides: random.dims(rank, 1, explicit ? 3 : 2) } : {}),
      ...(dilated && opType !== 'LpPool' ? { dilations: random.dims(rank, 1, 2) } : {}),
      ...(ceil ? { ceil_mode: 1 } : {}),
      ...(opType === 'AveragePool' ? { count_include_pad: random.integer(0, 1) } : {}),
      ...(opType === 'LpPool' ? { p: random.integer(1, 3) } : {}),
    },
  };
}

function averageDilated(): Case {
  const tested = pool('AveragePool', 2);
  return { ...tested, opset: 19 };
}

function globalPool(opType: string): Case {
  const rank = random.integer(1, 3);
  return {
    opType,
    opset: random.pick([7, 13]),
    inputs: [random.floats([random.integer(1, 2), random.integer(1, 4), ...random.dims(rank, 1, 6)])],
    attributes: opType === 'GlobalLpPool' ? { p: random.integer(1, 3) } : {},
  };
}

export const poolingCases: readonly Case[] = [
  ...repeat(40, () => pool('MaxPool', 2)),
  ...repeat(4, () => ({ ...pool('MaxPool', 2), opset: 12, inputs: [random.integers([1, 3, 7, 8], 0, 255, 'uint8')] })),
  ...repeat(4, () => ({ ...pool('MaxPool', 2), opset: 12, inputs: [random.integers([1, 3, 7, 8], -99, 99, 'int8')] })),
  ...repeat(8, () => pool('MaxPool', 1)),
  ...repeat(8, () => pool('MaxPool', 3)),
  ...repeat(40, averageDilated),
  ...repeat(8, () => pool('AveragePool', 1)),
  ...repeat(8, () => pool('AveragePool', 3)),
  ...repeat(20, () => pool('LpPool', 2)),
  ...['GlobalAveragePool', 'GlobalMaxPool', 'GlobalLpPool'].flatMap((opType) => repeat(5, () => globalPool(opType))),
];
