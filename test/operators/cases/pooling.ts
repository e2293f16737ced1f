import { elementCount } from '../../../src/onnx/value';
import { constantOf } from '../../../src/operators/elements';
import { knownIntegers, type Case } from '../case';
import { Random } from '../random';
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
  // onnxruntime leaves dilations out of SAME padding.
  const explicit = padding.auto_pad === undefined;
  const dilated = explicit && random.next() < 0.3;
  const ceil = random.next() < 0.5;
  const opsets = opType === 'LpPool' ? [18, 22] : dilated && opType === 'AveragePool' ? [19, 22] : [11, 12, 19, 22];
  return {
    opType,
    opset: random.pick(opsets),
    inputs: [random.floats([random.integer(1, 2), random.integer(1, 3), ...random.dims(rank, 6, 9)])],
    attributes: {
      ...padding,
      kernel_shape: kernel,
      // With SAME padding onnxruntime refuses strides that are longer than the kernel.
      ...(random.next() < 0.7 ? { strides: random.dims(rank, 1, explicit ? 3 : 2) } : {}),
      ...(dilated ? { dilations: random.dims(rank, 1, 2) } : {}),
      ...(ceil ? { ceil_mode: 1 } : {}),
      ...(opType === 'AveragePool' ? { count_include_pad: random.integer(0, 1) } : {}),
      ...(opType === 'LpPool' ? { p: random.integer(1, 3) } : {}),
    },
  };
}

/** Of operator sets in which a pooling had fewer attributes. */
function olderPool(): Case {
  const opType = random.pick(['MaxPool', 'AveragePool', 'LpPool'] as const);
  const { inputs, attributes } = pool(opType, 2);
  const { ceil_mode: ceil, dilations, ...older } = { ceil_mode: 0, dilations: [], ...attributes };
  if (opType === 'LpPool') return { opType, opset: random.pick([7, 11]), inputs, attributes: older };
  const opset = random.pick([7, 8, 10]);
  const added = {
    ...(ceil ? { ceil_mode: ceil } : {}),
    ...(opType === 'MaxPool' && dilations.length ? { dilations } : {}),
  };
  return { opType, opset, inputs, attributes: opset < 10 ? older : { ...older, ...added } };
}

/** Both outputs; small integers make equal elements, of which the first counts. */
function withIndices(rank: number): Case {
  const tested = pool('MaxPool', rank);
  const { dims } = tested.inputs[0]!;
  const data = random.next() < 0.5 ? random.floats(dims) : constantOf('float32', dims, integersOf(dims));
  const attributes = { ...tested.attributes, storage_order: random.integer(0, 1) };
  return { ...tested, inputs: [data], attributes, outputs: 2 };
}

function integersOf(dims: readonly number[]): number[] {
  return Array.from({ length: elementCount(dims) }, () => random.integer(-2, 2));
}

function unpool(rank: number): Case {
  const dims = [random.integer(1, 2), random.integer(1, 3), ...random.dims(rank, 1, 4)];
  const kernel = random.dims(rank, 2, 3);
  const strides = random.next() < 0.8 ? random.dims(rank, 1, 3) : undefined;
  const pads = random.next() < 0.3 ? random.dims(2 * rank, 0, 1) : undefined;
  const spatial = kernel.map(
    (size, i) => (dims[2 + i]! - 1) * (strides?.[i] ?? 1) + size - (pads?.[i] ?? 0) - (pads?.[rank + i] ?? 0),
  );
  const shaped = random.next() < 0.3;
  const output = [...dims.slice(0, 2), ...(shaped ? spatial.map((size) => Math.max(1, size) + 1) : spatial)];
  const places = constantOf(
    'int64',
    dims,
    Array.from({ length: elementCount(dims) }, () => random.integer(0, Math.max(0, elementCount(output) - 1))),
  );
  return {
    opType: 'MaxUnpool',
    opset: random.pick([9, 11, 22]),
    inputs: [random.floats(dims), places, ...(shaped ? [knownIntegers(output)] : [])],
    attributes: { kernel_shape: kernel, ...(strides ? { strides } : {}), ...(pads ? { pads } : {}) },
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
  ...[1, 2, 3].flatMap((rank) => repeat(16, () => withIndices(rank))),
  { ...withIndices(2), opset: 12, inputs: [random.integers([1, 2, 9, 8], 0, 9, 'uint8')] },
  ...[1, 2, 3].flatMap((rank) => repeat(6, () => unpool(rank))),
  ...repeat(40, averageDilated),
  ...repeat(8, () => pool('AveragePool', 1)),
  ...repeat(8, () => pool('AveragePool', 3)),
  ...[1, 2, 3].flatMap((rank) => repeat(rank === 2 ? 30 : 8, () => pool('LpPool', rank))),
  ...repeat(24, olderPool),
  ...['GlobalAveragePool', 'GlobalMaxPool', 'GlobalLpPool'].flatMap((opType) => repeat(5, () => globalPool(opType))),
];
