import { roundHalfToEven } from '../base/rounding';
import type { Graph } from '../graph/graph';
import { intAttribute } from '../onnx/attribute';
import { toFloat32 } from '../onnx/floats';
import { makeNode } from '../onnx/make';
import { nameOf } from '../onnx/node-place';
import type { NodeProto } from '../onnx/onnx_pb';
import { elementCount } from '../onnx/value';

/** The weights of a product with an output channel a row: (M, N). */
export interface WeightRows {
  readonly rows: Float32Array;
  readonly outputs: number;
  /** Groups of the outputs, each of which reads channels of its own. */
  readonly groups: number;
  /** Of the spatial axes; none for a matrix. */
  readonly kernel: readonly number[];
  /** Axis of the output channels in the model. */
  readonly axis: number;
  readonly dims: readonly number[];
}

/** Rounded weights of a product: q·scale. */
export interface IntegerWeights {
  /** (M, N), from -127 to 127. */
  readonly numbers: Int8Array;
  /** (M) */
  readonly scales: Float32Array;
}

/** The weights of a Conv, ConvTranspose of one group, Gemm or MatMul. */
export function weightRowsOf(graph: Graph, node: NodeProto): WeightRows {
  const constant = graph.constant(node.input[1]!)!;
  const { dims } = constant;
  const data = toFloat32(constant);
  const axis = axisOf(node);
  const outputs = dims[axis]!;
  return {
    rows: axis === 0 ? data : transposed(data, dims),
    outputs,
    groups: node.opType === 'Conv' ? intAttribute(node, 'group', 1) : 1,
    kernel: node.opType === 'Conv' || node.opType === 'ConvTranspose' ? dims.slice(2) : [],
    axis,
    dims,
  };
}

function axisOf(node: NodeProto): number {
  if (node.opType === 'Gemm') return intAttribute(node, 'transB', 0) === 0 ? 1 : 0;
  return node.opType === 'Conv' ? 0 : 1;
}

/** Elements in the model's order, from those with an output channel a row. */
export function inModelOrder<Elements extends Float32Array | Int8Array>(
  rows: Elements,
  { dims, axis }: WeightRows,
): Elements {
  if (axis === 0) return rows;
  const [first = 0, second = 0] = dims;
  return transposed(rows, [second, first, ...dims.slice(2)]);
}

/** The first two axes exchanged. */
function transposed<Elements extends Float32Array | Int8Array>(
  data: Elements,
  [first = 0, second = 0, ...rest]: readonly number[],
): Elements {
  const run = elementCount(rest);
  const result = data.slice() as Elements;
  for (let a = 0; a < first; ++a) {
    for (let b = 0; b < second; ++b) {
      result.set(data.subarray((a * second + b) * run, (a * second + b + 1) * run), (b * first + a) * run);
    }
  }
  return result;
}

/** q·scale, row by row; of a bias, each output is a row. */
export function dequantizedRows({ numbers, scales }: IntegerWeights | IntegerBias): Float32Array {
  const size = numbers.length / scales.length;
  const rows = new Float32Array(numbers.length);
  // A loop: TypedArray.from with a function lists all elements on JavaScript's heap.
  for (let i = 0; i < rows.length; ++i) rows[i] = numbers[i]! * scales[Math.floor(i / size)]!;
  return rows;
}

/** Each weight rounded to the nearest multiple of a 127th of the largest of its output. */
export function nearestWeights({ rows, outputs }: WeightRows): IntegerWeights {
  const size = rows.length / outputs;
  const numbers = new Int8Array(rows.length);
  const scales = new Float32Array(outputs);
  for (let m = 0; m < outputs; ++m) {
    const own = rows.subarray(m * size, (m + 1) * size);
    const most = own.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
    const scale = Math.fround(most / 127) || 1;
    scales[m] = scale;
    own.forEach((one, i) => (numbers[m * size + i] = Math.min(Math.max(roundHalfToEven(one / scale), -127), 127)));
  }
  return { numbers, scales };
}

/** Integers of a bias, in units of the products' sums. */
export interface IntegerBias {
  readonly numbers: Int32Array;
  readonly scales: Float32Array;
}

/** Biases beyond this would leave no room for sums in 32 bits. */
const largestBias = 2 ** 29;

/** The least normal number of float32. */
const leastUnit = 2 ** -126;

/**
 * The bias of a product in units of its sums. Where a bias is large beside its weights, their scale grows so that it fits; so it does
 * where the unit would be no normal number.
 *
 * @returns the weights too, which may have been rounded again
 */
export function withBias(
  weights: IntegerWeights,
  bias: ArrayLike<number>,
  inputScale: number,
): { weights: IntegerWeights; bias: IntegerBias } {
  const size = weights.numbers.length / weights.scales.length;
  const numbers = Int8Array.from(weights.numbers);
  const scales = Float32Array.from(weights.scales, (scale, m) => {
    const least = Math.fround(Math.max(Math.abs(bias[m]!) / largestBias, leastUnit) / inputScale);
    if (scale >= least) return scale;
    for (let i = m * size; i < (m + 1) * size; ++i) numbers[i] = roundHalfToEven((numbers[i]! * scale) / least);
    return least;
  });
  const units = scales.map((scale) => Math.fround(inputScale * scale));
  return {
    weights: { numbers, scales },
    bias: { numbers: Int32Array.from(units, (unit, m) => roundHalfToEven(bias[m]! / unit)), scales: units },
  };
}

/** Gives a product integer weights, and an integer bias if there is one, with DequantizeLinear. */
export function setIntegerWeights(
  graph: Graph,
  node: NodeProto,
  weights: IntegerWeights,
  bias: IntegerBias | undefined,
): NodeProto[] {
  const rows = weightRowsOf(graph, node);
  const base = nameOf(node);
  const dequantize = (kind: string, parts: readonly string[], axis: number) => {
    const output = graph.uniqueName(`${base}.${kind}.dequantized`);
    const name = graph.uniqueName(`${base}/${kind}_dequantize`);
    return {
      output,
      node: makeNode({ opType: 'DequantizeLinear', name, input: parts, output: [output], attributes: { axis } }),
    };
  };
  const named = (suffix: string) => graph.uniqueName(`${base}.${suffix}`);
  const [numbers, scales, zeroPoints] = [named('weight.quantized'), named('weight.scale'), named('weight.zero_point')];
  const count = weights.scales.length;
  graph.setInitializer(numbers, { type: 'int8', dims: rows.dims, data: inModelOrder(weights.numbers, rows) });
  graph.setInitializer(scales, { type: 'float32', dims: [count], data: weights.scales });
  graph.setInitializer(zeroPoints, { type: 'int8', dims: [count], data: new Int8Array(count) });
  const ofWeights = dequantize('weight', [numbers, scales, zeroPoints], rows.axis);
  node.input[1] = ofWeights.output;
  // A bias that is left out is one of zeros.
  node.input.length = 2;
  if (!bias) return [ofWeights.node];
  const [biases, units] = [named('bias.quantized'), named('bias.scale')];
  graph.setInitializer(biases, { type: 'int32', dims: [count], data: bias.numbers });
  graph.setInitializer(units, { type: 'float32', dims: [count], data: bias.scales });
  const ofBias = dequantize('bias', [biases, units], 0);
  node.input[2] = ofBias.output;
  return [ofWeights.node, ofBias.node];
}
