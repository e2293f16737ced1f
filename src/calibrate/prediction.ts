import type { ValueId } from '../program/operation';
import type { Program } from '../program/program';
import type { RandomStream } from '../robustness/random-stream';

/**
 * A network's output as a distribution of the label given the image. With labels drawn from it, the second moment of the
 * gradients of their log-likelihood is the Fisher information.
 */
export type Prediction =
  /** A class for each column of (outer, classes, inner). */
  | {
      readonly kind: 'logits' | 'probabilities' | 'logProbabilities';
      readonly classes: number;
      readonly inner: number;
    }
  /** Each element is the probability of a label of its own: a mask. */
  | { readonly kind: 'bernoulli' }
  /** Each element is the mean of a normal distribution of variance 1: the loss is half the squared error. */
  | { readonly kind: 'normal' };

/** The prediction in an output of a program without fused operations, by its shape and the operation that gives it. */
export function predictionOf(program: Program, output: ValueId): Prediction {
  const { dims } = program.values[output]!;
  const last = lastOperation(program, output);
  if (last?.opcode === 'softmax') {
    const { n: classes, inner, logarithm } = last.attributes;
    if (classes > 1) return { kind: logarithm ? 'logProbabilities' : 'probabilities', classes, inner };
  }
  if (last?.opcode === 'unary' && last.attributes.function === 'sigmoid') return { kind: 'bernoulli' };
  const [, classes = 1] = dims;
  return dims.length === 2 && classes > 1 ? { kind: 'logits', classes, inner: 1 } : { kind: 'normal' };
}

/** The operation that gives a value, before operations that only view or convert it. */
function lastOperation(program: Program, value: ValueId) {
  for (;;) {
    const operation = program.operations.find(({ outputs }) => outputs.includes(value));
    if (operation?.opcode !== 'alias' && operation?.opcode !== 'cast') return operation;
    value = operation.inputs[0]!;
  }
}

/**
 * The gradient, by the output of one image, of the loss -log p(label) of a label drawn from the prediction. No division is by
 * 0: a label without probability is not drawn.
 */
export function drawnCotangent(prediction: Prediction, output: Float32Array, random: RandomStream): Float32Array {
  switch (prediction.kind) {
    case 'bernoulli':
      // Through the sigmoid's slope p·(1 - p) this is p - label, however near p is to 0 or 1.
      return output.map((p) => (random.uniform() < p ? -1 / p : 1 / (1 - p)));
    case 'normal':
      return output.map(() => random.normal());
    default:
      return drawnClasses(prediction, output, random);
  }
}

function drawnClasses(
  { kind, classes, inner }: Extract<Prediction, { classes: number }>,
  output: Float32Array,
  random: RandomStream,
): Float32Array {
  const cotangent = new Float32Array(output.length);
  const weights = new Float64Array(classes);
  for (let begin = 0; begin < output.length; begin += classes * inner) {
    for (let column = begin; column < begin + inner; ++column) {
      let largest = -Infinity;
      for (let label = 0; label < classes; ++label) largest = Math.max(largest, output[column + label * inner]!);
      let total = 0;
      for (let label = 0; label < classes; ++label) {
        const value = output[column + label * inner]!;
        total += weights[label] = kind === 'probabilities' ? value : Math.exp(value - largest);
      }
      let left = random.uniform() * total;
      let drawn = weights.findIndex((weight) => (left -= weight) <= 0);
      if (drawn < 0) drawn = classes - 1;
      if (kind === 'logits') {
        weights.forEach((weight, label) => (cotangent[column + label * inner] = weight / total));
        cotangent[column + drawn * inner]! -= 1;
      } else {
        const place = column + drawn * inner;
        cotangent[place] = kind === 'probabilities' ? -1 / output[place]! : -1;
      }
    }
  }
  return cotangent;
}
