import type { OnnxValue } from 'onnxruntime-common';
import { toFloat32 } from '../onnx/floats';
import type { Constant } from '../onnx/value';

/** Summary of an output, as `gdws run` prints it. */
export interface OutputSummary {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly number[];
  /** The largest elements of each row, where the output looks like logits. */
  readonly top?: readonly (readonly { index: number; value: number }[])[];
  readonly statistics?: { minimum: number; maximum: number; mean: number; deviation: number };
  /** Where it was written. */
  readonly file?: string;
}

/** Shape, statistics and, of logits, the `count` largest of each row. */
export function describeOutput(name: string, output: OnnxValue, count: number): OutputSummary {
  const { type, dims } = output;
  const values = toFloat32(output as unknown as Constant);
  const classes = classesOf(dims);
  return {
    name,
    type,
    dims,
    ...(classes ? { top: rowsOf(values, classes).map((row) => largest(row, count)) } : {}),
    ...(values.length > 0 ? { statistics: statisticsOf(values) } : {}),
  };
}

/** Number of classes where a shape is (classes) or (N, classes), apart from trailing 1s. */
function classesOf(dims: readonly number[]): number | undefined {
  const significant = dims.slice(0, dims.findLastIndex((dim) => dim !== 1) + 1);
  return significant.length === 1 || significant.length === 2 ? significant.at(-1) : undefined;
}

function rowsOf(values: Float32Array, length: number): Float32Array[] {
  return Array.from({ length: values.length / length }, (_, row) => values.subarray(row * length, (row + 1) * length));
}

function largest(row: Float32Array, count: number) {
  return [...row.entries()]
    .sort(([, one], [, other]) => other - one || 0)
    .slice(0, count)
    .map(([index, value]) => ({ index, value }));
}

function statisticsOf(values: Float32Array) {
  let minimum = Infinity;
  let maximum = -Infinity;
  let sum = 0;
  for (const value of values) {
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
    sum += value;
  }
  const mean = sum / values.length;
  const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length;
  return { minimum, maximum, mean, deviation: Math.sqrt(variance) };
}
