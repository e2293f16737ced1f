import { floatAttribute, intAttribute, intsAttribute } from '../../src/onnx/attribute';
import { Graph } from '../../src/graph/graph';
import { decodeModel } from '../../src/onnx/read';
import type { NodeProto } from '../../src/onnx/onnx_pb';
import { elementCount } from '../../src/onnx/value';

// Quantized networks by ONNX's definitions, one number at a time in double precision, and their straight-through gradients. Nothing
// of the engine has a part in it, but for the reading of the file.

/** A number, and the numbers that it was computed from with its derivatives by them. */
interface Scalar {
  readonly value: number;
  readonly from: readonly (readonly [Scalar, number])[];
  gradient: number;
}

interface Values {
  readonly dims: readonly number[];
  readonly data: readonly Scalar[];
}

const scalar = (value: number, from: Scalar['from'] = []): Scalar => ({ value, from, gradient: 0 });
const total = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0);

/** Σ a·b, and c where it is given. */
function inner(pairs: readonly (readonly [Scalar, Scalar])[], added?: Scalar): Scalar {
  const value = total(pairs.map(([a, b]) => a.value * b.value)) + (added?.value ?? 0);
  const factors = pairs.flatMap(([a, b]): [Scalar, number][] => [[a, b.value], [b, a.value]]); // prettier-ignore
  return scalar(value, added ? [...factors, [added, 1]] : factors);
}

function roundHalfToEven(x: number): number {
  const below = Math.floor(x);
  const half = x - below;
  if (half !== 0.5) return half < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

/** Rounded in the precision in which the model says it; the number itself passes where the rounded one is within the limits. */
function quantized(x: Scalar, scale: number, zeroPoint: number, [least, most]: readonly [number, number]): Scalar {
  const steps = roundHalfToEven(Math.fround(Math.fround(x.value) / scale)) + zeroPoint;
  const isWithin = steps >= least && steps <= most;
  return scalar(Math.min(Math.max(steps, least), most), isWithin ? [[x, 1 / scale]] : []);
}

const limits = { uint8: [0, 255], int8: [-128, 127] } as const;

/** Result of {@link straightThrough}. */
interface StraightThrough {
  readonly logits: number[];
  readonly gradient: number[];
}

/** Runs a model with one input and one output of logits, and takes a cotangent of these back to the input. */
export function straightThrough(
  bytes: Uint8Array,
  image: ArrayLike<number>,
  dims: readonly number[],
  cotangent: readonly number[],
): StraightThrough {
  const graph = new Graph(decodeModel(bytes));
  const known = new Map<string, Values>();
  const input = { dims, data: Array.from(image, (value) => scalar(value)) };
  known.set(graph.inputs[0]!.name, input);
  const of = (name: string): Values => {
    const constant = graph.constant(name);
    if (!known.has(name)) {
      const data = Array.from(constant!.data as Float32Array, (value) => scalar(Number(value)));
      known.set(name, { dims: constant!.dims, data });
    }
    return known.get(name)!;
  };
  /** The type of a zero point, which is that of the bytes. */
  const typeOf = (name: string) => graph.constant(name)!.type as keyof typeof limits;
  const all: Scalar[] = [];
  for (const node of graph.nodes) {
    const result = evaluators[node.opType]!(
      node,
      node.input.map((name) => (name === '' ? undefined : of(name))) as Values[],
      node.input.map((name) => (graph.constant(name) ? typeOf(name) : 'uint8')),
    );
    known.set(node.output[0]!, result);
    all.push(...result.data);
  }
  const logits = of(graph.outputs[0]!.name).data;
  logits.forEach((logit, at) => (logit.gradient += cotangent[at]!));
  const seen = new Set<Scalar>();
  const order: Scalar[] = [];
  const visit = (one: Scalar): void => {
    if (seen.has(one)) return;
    seen.add(one);
    for (const [source] of one.from) visit(source);
    order.push(one);
  };
  // Sources first, so that recursion stays shallow.
  all.forEach(visit);
  for (const { from, gradient } of order.toReversed()) {
    if (gradient !== 0) for (const [source, by] of from) source.gradient += gradient * by;
  }
  return { logits: logits.map(({ value }) => value), gradient: input.data.map(({ gradient }) => gradient) };
}

type Evaluate = (node: NodeProto, inputs: readonly Values[], types: readonly (keyof typeof limits)[]) => Values;

/** One scale and zero point for each element of a tensor. */
function eachOf(x: Values, scale: Values, zeroPoint: Values | undefined, axis: number) {
  const inside = elementCount(x.dims.slice(axis + 1));
  return x.data.map((one, at) => {
    const channel = scale.data.length === 1 ? 0 : Math.floor(at / inside) % scale.data.length;
    return { one, scale: scale.data[channel]!.value, zeroPoint: zeroPoint?.data[channel]!.value ?? 0 };
  });
}

function dequantize(x: Values, scale: Values, zeroPoint: Values | undefined, axis = 0): Values {
  const data = eachOf(x, scale, zeroPoint, axis).map(({ one, scale: by, zeroPoint: zero }) =>
    scalar((one.value - zero) * by, [[one, by]]),
  );
  return { dims: x.dims, data };
}

function quantize(x: Values, scale: Values, zeroPoint: Values, type: keyof typeof limits, axis = 0): Values {
  const data = eachOf(x, scale, zeroPoint, axis).map(({ one, scale: by, zeroPoint: zero }) =>
    quantized(one, by, zero, limits[type]),
  );
  return { dims: x.dims, data };
}

/** What a window of a map reads: an element, or undefined in the padding. */
function windowsOf(node: NodeProto, x: Values, kernel: readonly number[]) {
  const [n = 0, channels = 0, height = 0, width = 0] = x.dims;
  const [down = 1, across = 1] = intsAttribute(node, 'strides', [1, 1]);
  const [top = 0, left = 0, bottom = 0, right = 0] = intsAttribute(node, 'pads', [0, 0, 0, 0]);
  const rows = Math.floor((height + top + bottom - kernel[0]!) / down) + 1;
  const columns = Math.floor((width + left + right - kernel[1]!) / across) + 1;
  const pixel = (image: number, channel: number, i: number, j: number): Scalar | undefined =>
    i < 0 || j < 0 || i >= height || j >= width
      ? undefined
      : x.data[((image * channels + channel) * height + i) * width + j];
  const taps = (image: number, channel: number, i: number, j: number): (Scalar | undefined)[] =>
    Array.from({ length: kernel[0]! * kernel[1]! }, (_, tap) => {
      const [k, l] = [Math.floor(tap / kernel[1]!), tap % kernel[1]!];
      return pixel(image, channel, i * down + k - top, j * across + l - left);
    });
  return { n, channels, rows, columns, taps };
}

function places(dims: readonly number[]): number[][] {
  return dims.reduce<number[][]>(
    (all, dim) => all.flatMap((begin) => Array.from({ length: dim }, (_, at) => [...begin, at])),
    [[]],
  );
}

function convolution(node: NodeProto, x: Values, w: Values, bias: Values | undefined): Values {
  const [outputs = 0, perGroup = 0, ...kernel] = w.dims;
  const groups = intAttribute(node, 'group', 1);
  const { n, rows, columns, taps } = windowsOf(node, x, kernel);
  const size = elementCount(kernel);
  const dims = [n, outputs, rows, columns];
  const data = places(dims).map(([image = 0, m = 0, i = 0, j = 0]) => {
    const first = Math.floor(m / (outputs / groups)) * perGroup;
    const pairs = Array.from({ length: perGroup }, (_, c) => taps(image, first + c, i, j)).flatMap((read, c) =>
      read.flatMap((one, tap): (readonly [Scalar, Scalar])[] =>
        one ? [[one, w.data[(m * perGroup + c) * size + tap]!]] : [],
      ),
    );
    return inner(pairs, bias?.data[m]);
  });
  return { dims, data };
}

function added(a: Values, b: Values): Values {
  return { dims: a.dims, data: a.data.map((one, at) => inner([[one, scalar(1)]], b.data[at])) };
}

function limited(x: Values, least: number, most: number): Values {
  const data = x.data.map((one) =>
    scalar(Math.min(Math.max(one.value, least), most), one.value > least && one.value < most ? [[one, 1]] : []),
  );
  return { dims: x.dims, data };
}

const evaluators: Readonly<Record<string, Evaluate>> = {
  QuantizeLinear: (node, [x, scale, zero], types) =>
    quantize(x!, scale!, zero!, types[2]!, intAttribute(node, 'axis', 1)),
  DequantizeLinear: (node, [x, scale, zero]) => dequantize(x!, scale!, zero, intAttribute(node, 'axis', 1)),
  Conv: (node, [x, w, bias]) => convolution(node, x!, w!, bias),
  Relu: (_, [x]) => limited(x!, 0, Infinity),
  Clip: (_, [x, least, most]) => limited(x!, least?.data[0]!.value ?? -Infinity, most?.data[0]!.value ?? Infinity),
  Add: (_, [a, b]) => added(a!, b!),
  MaxPool: (node, [x]) => {
    const { n, channels, rows, columns, taps } = windowsOf(node, x!, intsAttribute(node, 'kernel_shape'));
    const dims = [n, channels, rows, columns];
    const data = places(dims).map(([image = 0, c = 0, i = 0, j = 0]) => {
      const read = taps(image, c, i, j).flatMap((one) => (one ? [one] : []));
      const first = read.reduce((best, one) => (one.value > best.value ? one : best));
      return scalar(first.value, [[first, 1]]);
    });
    return { dims, data };
  },
  GlobalAveragePool: (_, [x]) => {
    const [n = 0, channels = 0, ...map] = x!.dims;
    const size = elementCount(map);
    const data = Array.from({ length: n * channels }, (_, at) => {
      const share = scalar(1 / size);
      return inner(x!.data.slice(at * size, (at + 1) * size).map((one) => [one, share]));
    });
    return { dims: [n, channels, 1, 1], data };
  },
  Concat: (_, inputs) => {
    const [n = 0, , ...map] = inputs[0]!.dims;
    const channels = total(inputs.map(({ dims }) => dims[1]!));
    const data = Array.from({ length: n }, (_, image) =>
      inputs.flatMap(({ dims, data }) => {
        const size = elementCount(dims.slice(1));
        return data.slice(image * size, (image + 1) * size);
      }),
    ).flat();
    return { dims: [n, channels, ...map], data };
  },
  Gather: (node, [x, index]) => {
    const axis = intAttribute(node, 'axis', 0);
    const picked = index!.data.map(({ value }) => value);
    const [length = 0, inside] = [x!.dims[axis], elementCount(x!.dims.slice(axis + 1))];
    const data = places([elementCount(x!.dims.slice(0, axis)), picked.length, inside]).map(
      ([outer = 0, at = 0, place = 0]) => x!.data[(outer * length + picked[at]!) * inside + place]!,
    );
    return { dims: x!.dims.with(axis, picked.length), data };
  },
  Flatten: (_, [x]) => ({ dims: [x!.dims[0]!, elementCount(x!.dims.slice(1))], data: x!.data }),
  Gemm: (node, [x, w, bias]) => {
    const [n = 0, depth = 0] = x!.dims;
    const isTransposed = intAttribute(node, 'transB', 0) === 1;
    const outputs = w!.dims[isTransposed ? 0 : 1]!;
    const alpha = scalar(floatAttribute(node, 'alpha', 1));
    const dims = [n, outputs];
    const data = places(dims).map(([image = 0, m = 0]) => {
      const product = inner(
        Array.from({ length: depth }, (_, k) => [
          x!.data[image * depth + k]!,
          w!.data[isTransposed ? m * depth + k : k * outputs + m]!,
        ]),
      );
      return inner([[product, alpha]], bias?.data[m]);
    });
    return { dims, data };
  },
  QLinearConv: (node, [x, xScale, xZero, w, wScale, wZero, yScale, yZero, bias], types) => {
    const weights = dequantize(w!, wScale!, wZero, 0);
    const unit = { dims: wScale!.dims, data: wScale!.data.map(({ value }) => scalar(value * xScale!.data[0]!.value)) };
    const sums = convolution(
      node,
      dequantize(x!, xScale!, xZero),
      weights,
      bias && dequantize(bias, unit, undefined, 0),
    );
    return quantize(sums, yScale!, yZero!, types[7]!);
  },
  QLinearAdd: (_, [a, aScale, aZero, b, bScale, bZero, yScale, yZero], types) =>
    quantize(added(dequantize(a!, aScale!, aZero), dequantize(b!, bScale!, bZero)), yScale!, yZero!, types[7]!),
};
