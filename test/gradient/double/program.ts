import { elementCount } from '../../../src/onnx/value';
import { broadcastStrides, stridedPositions, stridesOf } from '../../../src/operators/layout';
import type { NativeConstants } from '../../../src/program/constant-pool';
import {
  canActivate,
  type Attributes,
  type NameOf,
  type OpcodeName,
  type Operation,
  type ProgramOperation,
} from '../../../src/program/operation';
import type { Program } from '../../../src/program/program';
import { activations, binaryFunctions, compareFunctions, reduceFunctions, unaryFunctions } from './functions';

/** Elements of any type, as doubles; truth values are 0 and 1. */
interface Values {
  readonly dims: readonly number[];
  readonly data: Float64Array;
}

/** Result of an operation: `x` are its inputs, `dims` those of the result. */
type Evaluate<Given> = (x: readonly Values[], attributes: Given, dims: readonly number[]) => ArrayLike<number>;

/** How a kernel walks over a map. */
type Walk = Pick<Attributes<'convolution'>, 'strides' | 'dilations' | 'pads'>;

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
    const result = Float64Array.from(evaluate(operation, operation.inputs.map(present), dims));
    known.set(id, { dims, data: activated(result, operation) });
  }
  return program.outputs.map((id) => valueOf(id).data);
}

function evaluate<Opcode extends OpcodeName>(
  { opcode, attributes }: Operation<Opcode>,
  inputs: readonly Values[],
  dims: readonly number[],
): ArrayLike<number> {
  return (evaluators[opcode] as Evaluate<Attributes<Opcode>>)(inputs, attributes, dims);
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
  if (!canActivate(operation)) return result;
  const { name, a, b } = operation.attributes.activation;
  return result.map((value) => activations[name](value, a, b));
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

/** Where taps of a window are. */
function windowOf({ strides, dilations, pads }: Walk) {
  const [strideH, strideW] = strides as [number, number];
  const [dilationH, dilationW] = dilations as [number, number];
  const [top, left] = pads as [number, number];
  return {
    row: (output: number, tap: number) => output * strideH + tap * dilationH - top,
    column: (output: number, tap: number) => output * strideW + tap * dilationW - left,
  };
}

function addends(bias: Values | undefined, residual: Values | undefined, dims: readonly number[], sums: Float64Array) {
  const plane = elementCount(dims.slice(2));
  return sums.map((sum, at) => sum + (bias?.data[Math.floor(at / plane) % dims[1]!] ?? 0) + (residual?.data[at] ?? 0));
}

const convolution: Evaluate<Walk & { readonly groups: number }> = ([x, w, bias, residual], attributes, dims) => {
  const { groups } = attributes;
  const { row, column } = windowOf(attributes);
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
const gdws: Evaluate<Attributes<'gdws'>> = ([x, d, p, bias, residual], attributes, dims) => {
  const [batch = 0, channels = 0, ...map] = x!.dims;
  const owner = attributes.kernels.flatMap((count, channel) => range(count).map(() => channel));
  const [rows = 0] = d!.dims;
  const plane = elementCount(map);
  const repeated = Float64Array.from(range(batch * rows * plane), (at) => {
    const [n, row] = [Math.floor(at / (rows * plane)), Math.floor(at / plane) % rows];
    return x!.data[(n * channels + owner[row]!) * plane + (at % plane)]!;
  });
  const middle = [batch, rows, ...dims.slice(2)];
  const depthwise = { ...attributes, groups: rows };
  const maps = convolution([{ dims: [batch, rows, ...map], data: repeated }, d!], depthwise, middle);
  const pointwise = { groups: attributes.groups, strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] };
  return convolution([{ dims: middle, data: maps as Float64Array }, p!, bias!, residual!], pointwise, dims);
};

/** Scatters: every input pixel adds its kernel to the result. */
const convolutionTranspose: Evaluate<Attributes<'convolutionTranspose'>> = ([x, w, bias], attributes, dims) => {
  const { groups } = attributes;
  const { row, column } = windowOf(attributes);
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

const matmul: Evaluate<Attributes<'matmul'>> = ([a, b, bias, residual], attributes, dims) => {
  const { transposeA, transposeB, alpha } = attributes;
  const outer = dims.slice(0, -2);
  const seen = ({ dims: own, data }: Values, transpose: boolean) => {
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
    return alpha * sum + (bias ? bias.data[bias.data.length === 1 ? 0 : j]! : 0) + (residual?.data[at] ?? 0);
  });
};

/** Elements of each window of a pooling that are in the map, and how many there are with those in its padding. */
function pooled<Given extends Attributes<'maxPool'>>(
  combine: (inside: number[], padded: number, attributes: Given) => number,
): Evaluate<Given> {
  return ([x], attributes, dims) => {
    const [kernelH, kernelW] = attributes.kernel as [number, number];
    const [top, left, bottom, right] = attributes.pads as [number, number, number, number];
    const { row, column } = windowOf(attributes);
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
      return combine(inside, padded, attributes);
    });
  };
}

const rowsOf = ({ data }: Values, length: number) =>
  range(data.length / length).map((row) => data.subarray(row * length, (row + 1) * length));

/** Elements of axis `axis` in turn: (outer, n, inner). */
function along(dims: readonly number[], axis: number) {
  return [elementCount(dims.slice(0, axis)), dims[axis]!, elementCount(dims.slice(axis + 1))] as const;
}

/** An element x after an update by y. */
const updates: Readonly<Record<NameOf<'ScatterUpdate'>, (x: number, y: number) => number>> = {
  replace: (_, y) => y,
  add: (x, y) => x + y,
  mul: (x, y) => x * y,
  max: Math.max,
  min: Math.min,
};

const evaluators: { readonly [Opcode in OpcodeName]?: Evaluate<Attributes<Opcode>> } = {
  convolution,
  gdws,
  convolutionTranspose,
  matmul,
  maxPool: pooled((inside) => Math.max(...inside)),
  averagePool: pooled<Attributes<'averagePool'>>((inside, padded, { countIncludePad }) => {
    const count = countIncludePad ? padded : inside.length;
    return count === 0 ? 0 : inside.reduce((sum, value) => sum + value, 0) / count;
  }),
  unary: ([x], { function: name, a, b }) => x!.data.map((value) => unaryFunctions[name](value, a, b)),
  binary: (x, { function: name }, dims) => {
    const [a, b] = x.map((value) => repeated(value, dims));
    return a!.map((value, at) => binaryFunctions[name](value, b![at]!));
  },
  compare: (x, { function: name }, dims) => {
    const [a, b] = x.map((value) => repeated(value, dims));
    return a!.map((value, at) => Number(compareFunctions[name](value, b![at]!)));
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
  normalize: ([x], { inner, epsilon }) =>
    rowsOf(x!, inner).flatMap((row) => {
      const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
      const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
      return Array.from(row, (value) => (value - mean) / Math.sqrt(variance + epsilon));
    }),
  localResponse: ([x], { size, alpha, beta, bias }) => {
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
  reduce: ([x], { function: name, axes }, dims) => {
    const groups = range(elementCount(dims)).map((): number[] => []);
    const to = stridesOf(dims);
    const seen = stridedPositions(
      x!.dims,
      to.map((stride, axis) => (axes.includes(axis) ? 0 : stride)),
    );
    x!.data.forEach((value, at) => groups[seen[at]!]!.push(value));
    return groups.map(reduceFunctions[name]);
  },
  argReduce: ([x], { axis, extreme, selectLast }) => {
    const [outer, n, inner] = along(x!.dims, axis);
    return each([outer, inner], (o, k) => {
      const values = range(n).map((i) => x!.data[(o * n + i) * inner + k]!);
      const best = extreme === 'min' ? Math.min(...values) : Math.max(...values);
      return selectLast ? values.lastIndexOf(best) : values.indexOf(best);
    });
  },
  softmax: ([x], { n, inner, logarithm }) => {
    const result = new Float64Array(x!.data.length);
    each([x!.data.length / (n * inner), inner], (outer, place) => {
      const at = range(n).map((k) => (outer * n + k) * inner + place);
      const total = reduceFunctions.logSumExp(at.map((position) => x!.data[position]!));
      for (const position of at) {
        result[position] = logarithm ? x!.data[position]! - total : Math.exp(x!.data[position]! - total);
      }
      return 0;
    });
    return result;
  },
  concat: (x, { axis }, dims) => {
    const [outer] = along(dims, axis);
    return range(outer).flatMap((row) =>
      x.flatMap(({ data }) =>
        Array.from(data.subarray((row * data.length) / outer, ((row + 1) * data.length) / outer)),
      ),
    );
  },
  strided: ([x], { offset, strides }, dims) =>
    Float64Array.from(stridedPositions(dims, strides, offset), (at) => x!.data[at]!),
  pad: ([x], { begins, value }, dims) => {
    const strides = stridesOf(x!.dims);
    return each(dims, (...index) => {
      const from = index.map((at, axis) => at - begins[axis]!);
      if (from.some((at, axis) => at < 0 || at >= x!.dims[axis]!)) return value;
      return x!.data[from.reduce((sum, at, axis) => sum + at * strides[axis]!, 0)]!;
    });
  },
  gather: ([x, index], { axis }) => {
    const [outer, n, inner] = along(x!.dims, axis);
    return each([outer, index!.data.length, inner], (o, i, k) => {
      const from = index!.data[i]!;
      return x!.data[(o * n + (from < 0 ? from + n : from)) * inner + k]!;
    });
  },
  gatherElements: ([x, index], { axis }, dims) => {
    const strides = stridesOf(x!.dims);
    let at = 0;
    return each(dims, (...position) => {
      const taken = index!.data[at++]!;
      const from = position.with(axis, taken < 0 ? taken + x!.dims[axis]! : taken);
      return x!.data[from.reduce((sum, place, i) => sum + place * strides[i]!, 0)]!;
    });
  },
  gatherND: ([x, index], { batchAxes }) => {
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
  scatterElements: ([x, index, from], { axis, update }) => {
    const strides = stridesOf(x!.dims);
    const result = Float64Array.from(x!.data);
    let at = 0;
    each(index!.dims, (...position) => {
      const taken = index!.data[at]!;
      const to = position
        .with(axis, taken < 0 ? taken + x!.dims[axis]! : taken)
        .reduce((sum, place, i) => sum + place * strides[i]!, 0);
      result[to] = updates[update](result[to]!, from!.data[at++]!);
      return 0;
    });
    return result;
  },
  scatterND: ([x, index, from], { update }) => {
    const depth = index!.dims.at(-1)!;
    const inner = elementCount(x!.dims.slice(depth));
    const result = Float64Array.from(x!.data);
    from!.data.forEach((value, at) => {
      const slice = x!.dims.slice(0, depth).reduce((sum, dim, i) => {
        const taken = index!.data[Math.floor(at / inner) * depth + i]!;
        return sum * dim + (taken < 0 ? taken + dim : taken);
      }, 0);
      const to = slice * inner + (at % inner);
      result[to] = updates[update](result[to]!, value);
    });
    return result;
  },
  cumulativeSum: ([x], { axis, exclusive, reverse }) => {
    const [outer, n, inner] = along(x!.dims, axis);
    return each([outer, n, inner], (o, i, k) =>
      range(n)
        .filter((j) => (reverse ? j > i : j < i) || (j === i && !exclusive))
        .reduce((sum, j) => sum + x!.data[(o * n + j) * inner + k]!, 0),
    );
  },
  interpolate: ([x, index, weight], { axis }) => {
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
