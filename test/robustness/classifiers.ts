import type { Classifier } from '../../src/robustness/classifier';
import { RandomStream } from '../../src/robustness/random-stream';

/** Weights of a layer, one row for each output, and its biases; in double precision. */
export interface Affine {
  readonly rows: readonly Float64Array[];
  readonly biases: Float64Array;
}

/** Logits weights · image + bias. */
export function linear(imageDims: readonly number[], { rows, biases }: Affine): Classifier {
  return twoStage(imageDims, rows.length, (image) => ({
    logits: apply({ rows, biases }, image),
    pullBack: (cotangent) => transposed(rows, cotangent, image.length),
  }));
}

/** An affine layer, tanh, an affine layer, and logits times `scale`. */
export function twoLayers(imageDims: readonly number[], hidden: Affine, last: Affine, scale = 1): Classifier {
  return twoStage(imageDims, last.rows.length, (image) => {
    const activations = apply(hidden, image).map(Math.tanh);
    return {
      logits: apply(last, activations).map((logit) => scale * logit),
      pullBack: (cotangent) => {
        const inner = transposed(last.rows, cotangent, activations.length);
        return transposed(
          hidden.rows,
          inner.map((value, index) => scale * value * (1 - activations[index]! ** 2)),
          image.length,
        );
      },
    };
  });
}

/** Noisy images of a prototype for each class, and a two-layer network whose first layer is random. */
export function toyProblem(
  count: number,
  { seed = 7, scale = 1 } = {},
): { classifier: Classifier; images: Float32Array; labels: Uint8Array } {
  const dims = [3, 6, 6] as const;
  const pixels = 108;
  const classes = 6;
  const width = 24;
  const random = new RandomStream(seed);
  const matrix = (height: number, breadth: number, size: number): Float64Array[] =>
    Array.from({ length: height }, () => Float64Array.from({ length: breadth }, () => size * random.normal()));
  const hidden: Affine = { rows: matrix(width, pixels, 0.35), biases: new Float64Array(width) };
  hidden.rows.forEach((row, index) => (hidden.biases[index] = -row.reduce((sum, value) => sum + value, 0) / 2));
  const prototypes = Array.from({ length: classes }, () =>
    Float64Array.from({ length: pixels }, () => 0.5 + 0.25 * random.sign() * random.uniform()),
  );
  // The largest logit is that of the prototype whose activations are nearest.
  const features = prototypes.map((prototype) => apply(hidden, prototype).map(Math.tanh));
  const center = features[0]!.map((_, unit) => features.reduce((sum, one) => sum + one[unit]!, 0) / classes);
  const last: Affine = {
    rows: features.map((one) => one.map((value, unit) => value - center[unit]!)),
    biases: new Float64Array(classes),
  };
  last.rows.forEach((row, index) => {
    last.biases[index] = -row.reduce((sum, value, unit) => sum + value * (value / 2 + center[unit]!), 0);
  });
  const images = new Float32Array(count * pixels);
  const labels = new Uint8Array(count);
  for (let image = 0; image < count; ++image) {
    labels[image] = image % classes;
    for (let pixel = 0; pixel < pixels; ++pixel) {
      const value = prototypes[labels[image]!]![pixel]! + 0.12 * random.normal();
      images[image * pixels + pixel] = Math.min(1, Math.max(0, value));
    }
  }
  return { classifier: twoLayers(dims, hidden, last, scale), images, labels };
}

interface Evaluated {
  readonly logits: Float64Array;
  pullBack(cotangent: Float64Array): Float64Array;
}

function twoStage(
  imageDims: readonly number[],
  classes: number,
  evaluate: (image: Float64Array) => Evaluated,
): Classifier {
  const size = imageDims.reduce((product, dim) => product * dim, 1);
  const all = (images: Float32Array, count: number): Evaluated[] =>
    Array.from({ length: count }, (_, n) => evaluate(Float64Array.from(images.subarray(n * size, (n + 1) * size))));
  const flat = (rows: readonly Float64Array[], width: number): Float32Array => {
    const result = new Float32Array(rows.length * width);
    rows.forEach((row, n) => result.set(row, n * width));
    return result;
  };
  const logitsOf = (results: readonly Evaluated[]): Float32Array => flat(results.map(({ logits }) => logits), classes); // prettier-ignore
  return {
    classes,
    imageDims,
    logits: (images, count) => Promise.resolve(logitsOf(all(images, count))),
    gradient(images, count, cotangent) {
      const results = all(images, count);
      const logits = logitsOf(results);
      const directions = cotangent(logits);
      const gradients = results.map((result, n) =>
        result.pullBack(Float64Array.from(directions.subarray(n * classes, (n + 1) * classes))),
      );
      return Promise.resolve({ logits, gradient: flat(gradients, size) });
    },
  };
}

function apply({ rows, biases }: Affine, input: Float64Array): Float64Array {
  return biases.map((bias, index) => rows[index]!.reduce((sum, weight, at) => sum + weight * input[at]!, bias));
}

function transposed(rows: readonly Float64Array[], output: Float64Array, width: number): Float64Array {
  const result = new Float64Array(width);
  rows.forEach((row, index) => row.forEach((weight, at) => (result[at]! += weight * output[index]!)));
  return result;
}
