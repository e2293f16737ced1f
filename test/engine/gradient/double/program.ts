import { activationOf } from '../../../../src/engine/fuse/activation-slot';
import type { Program } from '../../../../src/program/program';
import type { ProgramOperation, OpcodeName } from '../../../../src/program/operation';
import type { NativeConstants } from '../../../../src/program/constant-pool';
import { elementCount } from '../../../../src/graph/value';
import { native } from '../../../../src/native';
import { broadcastStrides, stridedPositions, stridesOf } from '../../../../src/operators/layout';
import { activations, binaryFunctions, compareFunctions, reduceFunctions, unaryFunctions } from './functions';

/** Elements of any type, as doubles; truth values are 0 and 1. */
interface Values {
  readonly dims: readonly number[];
  readonly data: Float64Array;
}

/** Result of an operation: `x` are its inputs, `dims` those of the result. */
type Evaluate = (x: readonly Values[], operation: ProgramOperation, dims: readonly number[]) => ArrayLike<number>;

/** Runs a program in double precision by docs/architecture.md alone: no kernel has a part in it. */
export function runInDoubles(
  program: Program,
  constants: NativeConstants,
  feeds: readonly ArrayLike<number>[],
): Float64Array[] {
  const known = new Map<number, Values>();
  const valueOf = (id: number): Values => {
    const { storage, index, dims } = program.values[id]!;
    if (storage === 'temporary') return known.get(id)!;
    return { dims, data: inDoubles(storage === 'constant' ? constants.get(index)!.data : feeds[index]!) };
  };
  const present = (id: number | undefined): Values =>
    id === undefined ? (undefined as unknown as Values) : valueOf(id);
  for (const operation of program.operations) {
    const id = operation.outputs[0]!;
    const { dims } = program.values[id]!;
    const result = Float64Array.from(evaluators[operation.opcode]!(operation.inputs.map(present), operation, dims));
    known.set(id, { dims, data: activated(result, operation) });
  }
  return program.outputs.map((id) => valueOf(id).data);
}

/** Made once of what is given again and again. */
const made = new WeakMap<object, Float64Array>();

function inDoubles(source: object): Float64Array {
  if (source instanceof Float64Array) return source;
  const data = made.get(source) ?? Float64Array.from(source as ArrayLike<number>, Number);
  made.set(source, data);
  return data;
}

function activated(result: Float64Array, operation: ProgramOperation): Float64Array {
  const code = activationOf(operation);
  if (code === undefined) return result;
  const [a = 0, b = 0] = operation.floats.slice(-2);
  const activation = activations[native().activations[code] as keyof typeof activations];
  return result.map((value) => activation(value, a, b));
}

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

/** An element for each index of `dims`. */
function each(dims: readonly number[], element: (...index: number[]) => number): Float64Array {
  const index = dims.map(() => 0);
  const result = new Float64Array(elementCount(dims));
  for (let at = 0; at < result.length; at++) {
    result[at] = element(...index);
    for (let axis = dims.length - 1; axis >= 0 && ++index[axis]! === dims[axis]; axis--) index[axis] = 0;
  }
  return result;
}

/** Element of NCHW values, 0 outside their map. */
function pixel(
  { dims: [, channels = 0, height = 0, width = 0], data }: Values,
  n: number,
  c: number,
  i: number,
  j: number,
) {
  return i < 0 || j < 0 || i >= height || j >= width ? 0 : data[((n * channels + c) * height + i) * width + j]!;
}

/** Where taps of a window are: strides, dilations and pads begin at `first` among the ints. */
function windowOf(ints: readonly number[], first: number) {
  const [strideH = 1, strideW = 1, dilationH = 1, dilationW = 1, top = 0, left = 0] = ints.slice(first);
  return {
    row: (output: number, tap: number) => output * strideH + tap * dilationH - top,
    column: (output: number, tap: number) => output * strideW + tap * dilationW - left,
  };
}

function addends(bias: Values | undefined, residual: Values | undefined, dims: readonly number[], sums: Float64Array) {
  const plane = elementCount(dims.slice(2));
  return sums.map((sum, at) => sum + (bias?.data[Math.floor(at / plane) % dims[1]!] ?? 0) + (residual?.data[at] ?? 0));
}

const convolution: Evaluate = ([x, w, bias, residual], { ints }, dims) => {
  const [groups = 1] = ints;
  const { row, column } = windowOf(ints, 1);
  const [outputs = 0, perGroup = 0, kernelH = 0, kernelW = 0] = w!.dims;
  const sums = each(dims, (n, m, i, j) => {
    const first = Math.floor(m / (outputs / groups)) * perGroup;
    let sum = 0;
    for (let c = 0; c < perGroup; c++) {
      for (let k = 0; k < kernelH; k++) {
        for (let l = 0; l < kernelW; l++) {
          sum += pixel(x!, n, first + c, row(i, k), column(j, l)) * pixel(w!, m, c, k, l);
        }
      }
    }
    return sum;
  });
  return addends(bias, residual, dims, sums);
};

/** The result of two convolutions: one with g_c kernels on channel c, a pointwise one. */
const gdws: Evaluate = ([x, d, p, bias, residual], operation, dims) => {
  const { ints } = operation;
  const [batch = 0, channels = 0, ...map] = x!.dims;
  const owner = ints.slice(10, 10 + channels).flatMap((count, channel) => range(count).map(() => channel));
  const [rows = 0] = d!.dims;
  const plane = elementCount(map);
  const repeated = Float64Array.from(range(batch * rows * plane), (at) => {
    const [n, row] = [Math.floor(at / (rows * plane)), Math.floor(at / plane) % rows];
    return x!.data[(n * channels + owner[row]!) * plane + (at % plane)]!;
  });
  const middle = [batch, rows, ...dims.slice(2)];
  const depthwise = { ...operation, ints: [rows, ...ints.slice(1, 9)] };
  const maps = convolution([{ dims: [batch, rows, ...map], data: repeated }, d!], depthwise, middle);
  const pointwise = { ...operation, ints: [ints[0]!, 1, 1, 1, 1, 0, 0, 0, 0] };
  return convolution([{ dims: middle, data: maps as Float64Array }, p!, bias!, residual!], pointwise, dims);
};

/** Scatters: every input pixel adds its kernel to the result. */
const convolutionTranspose: Evaluate = ([x, w, bias], { ints }, dims) => {
  const [groups = 1] = ints;
  const { row, column } = windowOf(ints, 1);
  const [batch = 0, channels = 0, height = 0, width = 0] = x!.dims;
  const [, perGroup = 0, kernelH = 0, kernelW = 0] = w!.dims;
  const [, outputs = 0, outputH = 0, outputW = 0] = dims;
  const sums = new Float64Array(elementCount(dims));
  each([batch, channels, height, width, perGroup, kernelH, kernelW], (n, c, i, j, m, k, l) => {
    const [to, at] = [row(i, k), column(j, l)];
    if (to < 0 || at < 0 || to >= outputH || at >= outputW) return 0;
    const output = Math.floor(c / (channels / groups)) * perGroup + m;
    sums[((n * outputs + output) * outputH + to) * outputW + at]! += pixel(x!, n, c, i, j) * pixel(w!, c, m, k, l);
    return 0;
  });
  return addends(bias, undefined, dims, sums);
};

const matmul: Evaluate = ([a, b, bias, residual], { ints, floats }, dims) => {
  const [transposeA, transposeB] = ints;
  const outer = dims.slice(0, -2);
  const seen = ({ dims: own, data }: Values, transpose: number | undefined) => {
    const offsets = stridedPositions(outer, broadcastStrides(own.slice(0, -2), outer));
    const [rows, columns] = own.slice(-2) as [number, number];
    return {
      depth: transpose ? rows : columns,
      at: (matrix: number, i: number, j: number) =>
        data[offsets[matrix]! * rows * columns + (transpose ? j * columns + i : i * columns + j)]!,
    };
  };
  const [left, right] = [seen(a!, transposeA), seen(b!, transposeB)];
  const [rows = 0, columns = 0] = dims.slice(-2);
  return each([elementCount(outer), rows, columns], (matrix, i, j) => {
    let sum = 0;
    for (let k = 0; k < left.depth; k++) sum += left.at(matrix, i, k) * right.at(matrix, k, j);
    const at = (matrix * rows + i) * columns + j;
    return floats[0]! * sum + (bias ? bias.data[bias.data.length === 1 ? 0 : j]! : 0) + (residual?.data[at] ?? 0);
  });
};

/** Elements of each window of a pooling that are in the map, and how many there are with those in its padding. */
function pooled(combine: (inside: number[], padded: number, countPadding: boolean) => number): Evaluate {
  return ([x], { ints }, dims) => {
    const [kernelH = 1, kernelW = 1] = ints;
    const [, , , , , , top = 0, left = 0, bottom = 0, right = 0, countPadding] = ints;
    const { row, column } = windowOf(ints, 2);
    const [, , height = 0, width = 0] = x!.dims;
    return each(dims, (n, c, i, j) => {
      const inside: number[] = [];
      let padded = 0;
      for (let k = 0; k < kernelH; k++) {
        for (let l = 0; l < kernelW; l++) {
          const [y, z] = [row(i, k), column(j, l)];
          if (y >= -top && z >= -left && y < height + bottom && z < width + right) padded++;
          if (y >= 0 && z >= 0 && y < height && z < width) inside.push(pixel(x!, n, c, y, z));
        }
      }
      return combine(inside, padded, countPadding === 1);
    });
  };
}

const rowsOf = ({ data }: Values, length: number) =>
  range(data.length / length).map((row) => data.subarray(row * length, (row + 1) * length));

/** Elements of axis `axis` in turn: (outer, n, inner). */
function along(dims: readonly number[], axis: number) {
  return [elementCount(dims.slice(0, axis)), dims[axis]!, elementCount(dims.slice(axis + 1))] as const;
}

/** An element after an update, by the number that programs use. */
function updated(update: number, x: number, y: number): number {
  return [y, x + y, x * y, Math.max(x, y), Math.min(x, y)][update]!;
}

const evaluators: Partial<Record<OpcodeName, Evaluate>> = {
  convolution,
  gdws,
  convolutionTranspose,
  matmul,
  maxPool: pooled((inside) => Math.max(...inside)),
  averagePool: pooled((inside, padded, countPadding) => {
    const count = countPadding ? padded : inside.length;
    return count === 0 ? 0 : inside.reduce((sum, value) => sum + value, 0) / count;
  }),
  unary: ([x], { ints, floats }) => {
    const call = unaryFunctions[native().unaryFunctions[ints[0]!] as keyof typeof unaryFunctions];
    return x!.data.map((value) => call(value, floats[0] ?? 0, floats[1] ?? 0));
  },
  binary: (x, { ints }, dims) => {
    const call = binaryFunctions[native().binaryFunctions[ints[0]!] as keyof typeof binaryFunctions];
    const [a, b] = x.map((value) => repeated(value, dims));
    return a!.map((value, at) => call(value, b![at]!));
  },
  compare: (x, { ints }, dims) => {
    const call = compareFunctions[native().compareFunctions[ints[0]!] as keyof typeof compareFunctions];
    const [a, b] = x.map((value) => repeated(value, dims));
    return a!.map((value, at) => Number(call(value, b![at]!)));
  },
  select: (x, _, dims) => {
    const [condition, a, b] = x.map((value) => repeated(value, dims));
    return condition!.map((value, at) => (value ? a![at]! : b![at]!));
  },
  scaleShift: ([x, scale, shift]) => {
    const plane = elementCount(x!.dims.slice(2));
    const channel = (at: number) => Math.floor(at / plane) % x!.dims[1]!;
    return x!.data.map((value, at) => value * scale!.data[channel(at)]! + shift!.data[channel(at)]!);
  },
  normalize: ([x], { ints, floats }) =>
    rowsOf(x!, ints[0]!).flatMap((row) => {
      const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
      const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
      return Array.from(row, (value) => (value - mean) / Math.sqrt(variance + floats[0]!));
    }),
  localResponse: ([x], { ints: [size = 1], floats: [alpha = 0, beta = 0, bias = 0] }) => {
    const [batch = 0, channels = 0, ...map] = x!.dims;
    const dims = [batch, channels, elementCount(map)];
    const at = (n: number, c: number, i: number) => x!.data[(n * channels + c) * dims[2]! + i]!;
    return each(dims, (n, c, i) => {
      let squares = 0;
      const first = Math.max(0, c - Math.floor((size - 1) / 2));
      const last = Math.min(channels - 1, c + Math.ceil((size - 1) / 2));
      for (let other = first; other <= last; other++) squares += at(n, other, i) ** 2;
      return at(n, c, i) / (bias + (alpha / size) * squares) ** beta;
    });
  },
  reduce: ([x], { ints: [code = 0, ...axes] }, dims) => {
    const groups = range(elementCount(dims)).map((): number[] => []);
    const to = stridesOf(dims);
    const seen = stridedPositions(
      x!.dims,
      to.map((stride, axis) => (axes.includes(axis) ? 0 : stride)),
    );
    x!.data.forEach((value, at) => groups[seen[at]!]!.push(value));
    return groups.map(reduceFunctions[native().reduceFunctions[code] as keyof typeof reduceFunctions]);
  },
  argReduce: ([x], { ints: [axis = 0, isMin, selectLast] }) => {
    const [outer, n, inner] = along(x!.dims, axis);
    return each([outer, inner], (o, k) => {
      const values = range(n).map((i) => x!.data[(o * n + i) * inner + k]!);
      const best = isMin ? Math.min(...values) : Math.max(...values);
      return selectLast ? values.lastIndexOf(best) : values.indexOf(best);
    });
  },
  softmax: ([x], { ints: [n = 1, inner = 1, log = 0] }) => {
    const result = new Float64Array(x!.data.length);
    each([x!.data.length / (n * inner), inner], (outer, place) => {
      const at = range(n).map((k) => (outer * n + k) * inner + place);
      const total = reduceFunctions.logSumExp(at.map((position) => x!.data[position]!));
      for (const position of at) {
        result[position] = log ? x!.data[position]! - total : Math.exp(x!.data[position]! - total);
      }
      return 0;
    });
    return result;
  },
  concat: (x, { ints: [axis = 0] }, dims) => {
    const [outer] = along(dims, axis);
    return range(outer).flatMap((row) =>
      x.flatMap(({ data }) =>
        Array.from(data.subarray((row * data.length) / outer, ((row + 1) * data.length) / outer)),
      ),
    );
  },
  strided: ([x], { ints: [offset = 0, ...strides] }, dims) =>
    Float64Array.from(stridedPositions(dims, strides, offset), (at) => x!.data[at]!),
  pad: ([x], { ints, floats: [value = 0] }, dims) => {
    const strides = stridesOf(x!.dims);
    return each(dims, (...index) => {
      const from = index.map((at, axis) => at - ints[axis]!);
      if (from.some((at, axis) => at < 0 || at >= x!.dims[axis]!)) return value;
      return x!.data[from.reduce((sum, at, axis) => sum + at * strides[axis]!, 0)]!;
    });
  },
  gather: ([x, index], { ints: [axis = 0] }) => {
    const [outer, n, inner] = along(x!.dims, axis);
    return each([outer, index!.data.length, inner], (o, i, k) => {
      const from = index!.data[i]!;
      return x!.data[(o * n + (from < 0 ? from + n : from)) * inner + k]!;
    });
  },
  gatherElements: ([x, index], { ints: [axis = 0] }, dims) => {
    const strides = stridesOf(x!.dims);
    let at = 0;
    return each(dims, (...position) => {
      const taken = index!.data[at++]!;
      const from = position.with(axis, taken < 0 ? taken + x!.dims[axis]! : taken);
      return x!.data[from.reduce((sum, place, i) => sum + place * strides[i]!, 0)]!;
    });
  },
  gatherND: ([x, index], { ints: [batchAxes = 0] }) => {
    const depth = index!.dims.at(-1)!;
    const tuples = index!.data.length / depth;
    const perBatch = tuples / elementCount(x!.dims.slice(0, batchAxes));
    const axes = x!.dims.slice(batchAxes, batchAxes + depth);
    return each([tuples, elementCount(x!.dims.slice(batchAxes + depth))], (tuple, inner) => {
      const slice = axes.reduce(
        (sum, dim, i) => {
          const taken = index!.data[tuple * depth + i]!;
          return sum * dim + (taken < 0 ? taken + dim : taken);
        },
        Math.floor(tuple / perBatch),
      );
      return x!.data[slice * elementCount(x!.dims.slice(batchAxes + depth)) + inner]!;
    });
  },
  scatterElements: ([x, index, updates], { ints: [axis = 0, update] }) => {
    const strides = stridesOf(x!.dims);
    const result = Float64Array.from(x!.data);
    let at = 0;
    each(index!.dims, (...position) => {
      const taken = index!.data[at]!;
      const to = position
        .with(axis, taken < 0 ? taken + x!.dims[axis]! : taken)
        .reduce((sum, place, i) => sum + place * strides[i]!, 0);
      result[to] = updated(update!, result[to]!, updates!.data[at++]!);
      return 0;
    });
    return result;
  },
  scatterND: ([x, index, updates], { ints: [update] }) => {
    const depth = index!.dims.at(-1)!;
    const inner = elementCount(x!.dims.slice(depth));
    const result = Float64Array.from(x!.data);
    updates!.data.forEach((value, at) => {
      const slice = x!.dims.slice(0, depth).reduce((sum, dim, i) => {
        const taken = index!.data[Math.floor(at / inner) * depth + i]!;
        return sum * dim + (taken < 0 ? taken + dim : taken);
      }, 0);
      const to = slice * inner + (at % inner);
      result[to] = updated(update!, result[to]!, value);
    });
    return result;
  },
  cumulativeSum: ([x], { ints: [axis = 0, exclusive, reverse] }) => {
    const [outer, n, inner] = along(x!.dims, axis);
    return each([outer, n, inner], (o, i, k) =>
      range(n)
        .filter((j) => (reverse ? j > i : j < i) || (j === i && !exclusive))
        .reduce((sum, j) => sum + x!.data[(o * n + j) * inner + k]!, 0),
    );
  },
  interpolate: ([x, index, weight], { ints: [axis = 0] }) => {
    const [outer, n, inner] = along(x!.dims, axis);
    const [count = 0, taps = 0] = index!.dims;
    return each([outer, count, inner], (o, i, k) =>
      range(taps).reduce(
        (sum, tap) =>
          sum + weight!.data[i * taps + tap]! * x!.data[(o * n + index!.data[i * taps + tap]!) * inner + k]!,
        0,
      ),
    );
  },
  alias: ([x]) => x!.data,
  cast: ([x]) => x!.data,
};

function repeated({ dims, data }: Values, target: readonly number[]): Float64Array {
  return Float64Array.from(stridedPositions(target, broadcastStrides(dims, target)), (at) => data[at]!);
}
