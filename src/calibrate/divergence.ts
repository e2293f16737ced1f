import type { Prediction } from './prediction';

/**
 * By how much predictions differ from those expected: the mean over the images of the Kullback-Leibler divergence of each from the
 * expected one, in nats. For `normal` predictions that is half the squared distance.
 *
 * @param expected outputs of each image
 * @param found as long
 */
export function divergence(
  prediction: Prediction,
  expected: readonly Float32Array[],
  found: readonly Float32Array[],
): number {
  const total = expected.reduce((sum, output, image) => sum + divergenceOf(prediction, output, found[image]!), 0);
  return total / expected.length;
}

/**
 * What predictions tell about their images: their divergence from the mean prediction. For classes it is the mutual information of
 * images and classes, for `normal` predictions half the variance.
 */
export function information(prediction: Prediction, outputs: readonly Float32Array[]): number {
  const mean = new Float64Array(outputs[0]!.length);
  for (const output of outputs) {
    for (const [i, p] of toProbabilities(prediction, output).entries()) mean[i]! += p / outputs.length;
  }
  const logarithms = 'classes' in prediction && mean.map((p) => Math.log(Math.max(p, leastProbability)));
  const total = outputs.reduce(
    (sum, output) =>
      sum +
      (logarithms
        ? relativeEntropies(logProbabilities(prediction, output), logarithms)
        : divergenceOf(prediction, output, mean)),
    0,
  );
  return Math.max(0, total / outputs.length);
}

type ClassPrediction = Extract<Prediction, { classes: number }>;

type Numbers = Float32Array | Float64Array;

function divergenceOf(prediction: Prediction, expected: Numbers, found: Numbers): number {
  let sum = 0;
  switch (prediction.kind) {
    case 'normal':
      for (let i = 0; i < expected.length; ++i) sum += (expected[i]! - found[i]!) ** 2 / 2;
      return sum;
    case 'bernoulli':
      for (let i = 0; i < expected.length; ++i) {
        const [p, q] = [expected[i]!, found[i]!];
        sum += relativeEntropy(p, q) + relativeEntropy(1 - p, 1 - q);
      }
      return sum;
    default: {
      return relativeEntropies(logProbabilities(prediction, expected), logProbabilities(prediction, found));
    }
  }
}

/** Σ p log(p / q), from logarithms. */
function relativeEntropies(p: Float64Array, q: Float64Array): number {
  return p.reduce((sum, own, i) => (own > -Infinity ? sum + Math.exp(own) * (own - q[i]!) : sum), 0);
}

/** A probability that a network gives as 0 counts as the least positive float: what it excludes may come true. */
const leastProbability = 2 ** -126;

function relativeEntropy(p: number, q: number): number {
  return p > 0 ? p * Math.log(p / Math.max(q, leastProbability)) : 0;
}

function toProbabilities(prediction: Prediction, output: Float32Array): Numbers {
  return 'classes' in prediction ? logProbabilities(prediction, output).map(Math.exp) : output;
}

/** Of (classes, inner), in each column. */
function logProbabilities({ kind, classes, inner }: ClassPrediction, output: Numbers): Float64Array {
  if (kind === 'logProbabilities') return Float64Array.from(output);
  if (kind === 'probabilities') return Float64Array.from(output, (p) => Math.log(Math.max(p, leastProbability)));
  const result = new Float64Array(output.length);
  for (let column = 0; column < inner; ++column) {
    let largest = -Infinity;
    for (let label = 0; label < classes; ++label) largest = Math.max(largest, output[column + label * inner]!);
    let total = 0;
    for (let label = 0; label < classes; ++label) total += Math.exp(output[column + label * inner]! - largest);
    for (let label = 0; label < classes; ++label) {
      const i = column + label * inner;
      result[i] = output[i]! - largest - Math.log(total);
    }
  }
  return result;
}
