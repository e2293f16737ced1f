import type { Tensor } from 'onnxruntime-common';
import { GdwsError } from '../base/errors';
import { checkOptions, listOf, text, wrongValue, type OptionTable } from '../base/options';
import { toFloat32 } from '../onnx/floats';
import { elementCount, type Constant } from '../onnx/value';

/** A class that a network takes an image for. */
export interface ClassScore {
  /** Number of the class, from 0. */
  readonly index: number;
  /** Its name; absent where there are no labels. */
  readonly label?: string;
  /** What the network gives for it. */
  readonly value: number;
  /** 0 to 1: the value itself where rows are distributions, else its softmax. */
  readonly probability: number;
}

/** Options of {@link topK}. */
export interface TopKOptions {
  /** The names of all classes, in their order. */
  readonly labels?: readonly string[];
}

const topKOptions: OptionTable<TopKOptions> = { labels: listOf(text, 'an array of strings') };

/**
 * The classes of the largest values, the largest first; of equal ones the first class.
 *
 * Where the values of every row are from 0 to 1 and add up to 1, they are probabilities already (all to within 0.01, for half precision and
 * 8 bits). Otherwise they are logits, of which the softmax is taken.
 *
 * @param scores an output (N, classes), or of one row, apart from axes of 1 after the classes; or the values of one row
 * @param k how many classes; all where there are fewer
 * @returns a list for each row
 * @example
 * const [best] = topK(logits, 5, { labels });
 * @throws GdwsError ARGUMENT_INVALID, also where there are not as many labels as classes; SHAPE_MISMATCH
 */
export function topK(scores: Tensor | ArrayLike<number>, k = 5, options: TopKOptions = {}): ClassScore[][] {
  checkOptions(options, topKOptions);
  if (!Number.isSafeInteger(k) || k < 1) throw wrongValue('k', k, 'an integer from 1 on');
  if (typeof scores !== 'object' || scores === null)
    throw wrongValue('scores', scores, 'a tensor or an array', 'object');
  const isTensor = 'dims' in scores;
  const dims = isTensor ? scores.dims : [scores.length];
  const classes = classesOf(dims);
  if (classes === undefined) {
    throw new GdwsError('SHAPE_MISMATCH', 'these are not rows with a number for each class.', { shape: dims });
  }
  const values = isTensor ? toFloat32(scores as unknown as Constant) : Float32Array.from(scores);
  checkLabels(options.labels, classes);
  const rows = rowsOf(values, classes);
  const isGiven = areDistributions(rows);
  return rows.map((row) => largest(row, k, isGiven, options.labels));
}

/** Number of classes where a shape is (classes) or (N, classes), apart from axes of 1 at its end. */
export function classesOf(dims: readonly number[]): number | undefined {
  const significant = dims.slice(0, dims.findLastIndex((dim) => dim !== 1) + 1);
  const isRows = significant.length === 1 || significant.length === 2;
  return isRows && elementCount(dims) > 0 ? significant.at(-1) : undefined;
}

/** @throws GdwsError ARGUMENT_INVALID where there are not as many labels as classes */
export function checkLabels(labels: readonly string[] | undefined, classes: number): void {
  if (labels === undefined || labels.length === classes) return;
  throw new GdwsError('ARGUMENT_INVALID', `there are ${labels.length} labels, and ${classes} classes.`, {
    remedy: 'Give one for each class, in their order.',
  });
}

/** Whether all rows are distributions over classes already: {@link topK}. */
export function areDistributions(rows: readonly Float32Array[]): boolean {
  return rows.every(isDistribution);
}

/** Whether a row is, to within 0.01: {@link topK}. */
export function isDistribution(row: Float32Array): boolean {
  const tolerance = 0.01;
  const sum = row.reduce((total, value) => total + value, 0);
  return Math.abs(sum - 1) <= tolerance && row.every((value) => value >= -tolerance && value <= 1 + tolerance);
}

export function rowsOf(values: Float32Array, length: number): Float32Array[] {
  return Array.from({ length: values.length / length }, (_, row) => values.subarray(row * length, (row + 1) * length));
}

function largest(row: Float32Array, count: number, isGiven: boolean, labels?: readonly string[]): ClassScore[] {
  const probabilityOf = isGiven ? (value: number) => value : softmaxOf(row);
  return [...row.entries()]
    .sort(([, one], [, other]) => other - one || 0)
    .slice(0, count)
    .map(([index, value]) => ({
      index,
      ...(labels && { label: labels[index]! }),
      value,
      probability: probabilityOf(value),
    }));
}

/** The softmax of a row of logits, by the value. */
export function softmaxOf(row: Float32Array): (value: number) => number {
  const most = row.reduce((least, value) => Math.max(least, value), -Infinity);
  const sum = row.reduce((total, value) => total + Math.exp(value - most), 0);
  return (value) => Math.exp(value - most) / sum;
}
