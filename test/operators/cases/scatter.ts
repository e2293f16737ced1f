import { elementCount, type DataType } from '../../../src/onnx/value';
import { known, type Case } from '../case';
import { Random } from '../random';
import { repeat } from './repeat';

const random = new Random(21);

const reductions = ['none', 'add', 'mul', 'max', 'min'] as const;

function elements(type: DataType, dims: readonly number[]) {
  return type === 'float32' ? random.floats(dims) : random.integers(dims, -4, 4, type);
}

/** Each number once where an update replaces: ONNX leaves open which of several wins. */
function distinct(count: number, size: number): number[] {
  return random.shuffle(Array.from({ length: size }, (_, i) => i)).slice(0, count);
}

function scatterElements(opType: 'ScatterElements' | 'Scatter'): Case {
  const dims = random.dims(random.integer(1, 3), 1, 5);
  const axis = random.integer(0, dims.length - 1);
  const size = dims[axis]!;
  const reduction = opType === 'Scatter' ? 'none' : random.pick(reductions);
  const length = reduction === 'none' ? random.integer(1, size) : random.integer(1, 6);
  const shape = dims.map((dim, i) => (i === axis ? length : random.integer(1, dim)));
  const type = random.pick(['float32', 'int64', 'int32'] as const);
  const indices = random.integers(shape, -size, size - 1, random.pick(['int64', 'int32'] as const));
  if (reduction === 'none') {
    const places = distinct(length, size);
    const inner = elementCount(shape.slice(axis + 1));
    const data = indices.data as { [at: number]: number | bigint };
    for (let i = 0; i < elementCount(shape); i++) {
      const place = places[Math.floor(i / inner) % length]!;
      data[i] = indices.type === 'int64' ? BigInt(place) : place;
    }
  }
  return {
    opType,
    opset: opType === 'Scatter' ? 9 : 18,
    inputs: [elements(type, dims), random.next() < 0.5 ? known(indices) : indices, elements(type, shape)],
    attributes: opType === 'Scatter' ? { axis } : { axis, reduction },
  };
}

function scatterND(): Case {
  const dims = random.dims(random.integer(1, 3), 1, 4);
  const depth = random.integer(1, dims.length);
  const slices = elementCount(dims.slice(0, depth));
  const reduction = random.pick(reductions);
  const count = reduction === 'none' ? random.integer(1, slices) : random.integer(1, 6);
  const places =
    reduction === 'none' ? distinct(count, slices) : Array.from({ length: count }, () => random.integer(0, slices - 1));
  const tuples = places.flatMap((place) => {
    let rest = place;
    const tuple: number[] = [];
    for (const dim of dims.slice(0, depth).toReversed()) {
      tuple.unshift((rest % dim) - (random.next() < 0.3 ? dim : 0));
      rest = Math.floor(rest / dim);
    }
    return tuple;
  });
  const indices = {
    type: 'int64' as const,
    dims: [count, depth],
    data: BigInt64Array.from(tuples, BigInt),
  };
  const type = random.pick(['float32', 'int64', 'int32'] as const);
  return {
    opType: 'ScatterND',
    opset: 18,
    inputs: [
      elements(type, dims),
      random.next() < 0.5 ? known(indices) : indices,
      elements(type, [count, ...dims.slice(depth)]),
    ],
    attributes: { reduction },
  };
}

export const scatterCases: readonly Case[] = [
  ...repeat(30, () => scatterElements('ScatterElements')),
  ...repeat(4, () => scatterElements('Scatter')),
  ...repeat(30, scatterND),
  {
    opType: 'ScatterND',
    opset: 11,
    inputs: [
      random.bools([3, 2]),
      known({ type: 'int64', dims: [1, 1], data: BigInt64Array.of(1n) }),
      random.bools([1, 2]),
    ],
  },
];
