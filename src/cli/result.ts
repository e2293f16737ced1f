import type { OnnxValue, Tensor } from 'onnxruntime-common';
import { areDistributions, classesOf, rowsOf, topK, type ClassScore } from '../data/top-k';
import { isFloat, toFloat32 } from '../onnx/floats';
import type { Constant, DataType } from '../onnx/value';

/** A class, without a probability where the output has integers. */
export type RankedClass = Omit<ClassScore, 'probability'> & Partial<Pick<ClassScore, 'probability'>>;

/** Summary of an output, as `gdws run` prints it. */
export interface OutputSummary {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly number[];
  /** The largest elements of each row, where the output looks like logits; of floats with probabilities. */
  readonly top?: readonly (readonly RankedClass[])[];
  /** What the probabilities are: the values themselves, or their softmax. */
  readonly probabilities?: 'values' | 'softmax';
  readonly statistics?: { minimum: number; maximum: number; mean: number; deviation: number };
  /** Where it was written. */
  readonly file?: string;
}

/**
 * Shape, statistics and, of logits, the `count` largest of each row.
 *
 * @param labels names of the classes, where the output has as many
 */
export function describeOutput(
  name: string,
  output: OnnxValue,
  count: number,
  labels?: readonly string[],
): OutputSummary {
  const { type, dims } = output;
  const values = toFloat32(output as unknown as Constant);
  return {
    name,
    type,
    dims,
    ...ranking(output, values, count, labels),
    ...(values.length > 0 ? { statistics: statisticsOf(values) } : {}),
  };
}

function ranking(
  output: Tensor,
  values: Float32Array,
  count: number,
  labels?: readonly string[],
): Pick<OutputSummary, 'top' | 'probabilities'> {
  const classes = classesOf(output.dims);
  if (classes === undefined) return {};
  const top = topK(output, count, { labels: labels?.length === classes ? labels : undefined });
  if (!isFloat(output.type as DataType)) {
    return {
      top: top.map((row) =>
        row.map(({ index, label, value }) => ({ index, ...(label !== undefined && { label }), value })),
      ),
    };
  }
  return { top, probabilities: areDistributions(rowsOf(values, classes)) ? 'values' : 'softmax' };
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
