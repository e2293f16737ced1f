/** A classifier of images with values in [0, 1]. */
export interface LogitsClassifier {
  /** Number of classes. */
  readonly classes: number;
  /** (C, H, W) */
  readonly imageDims: readonly number[];
  /** Largest batch size; without limit where absent. */
  readonly mostImages?: number;
  /** Logits (N x classes) of `count` images (N x C x H x W). */
  logits(images: Float32Array, count: number): Promise<Float32Array>;
}

/** A classifier that can be differentiated. */
export interface Classifier extends LogitsClassifier {
  /** Whether the network rounds to integers: its gradients are straight-through ones, and may mislead attacks. */
  readonly quantized?: boolean;
  /**
   * Logits, and the gradient with respect to the images of Σ_n ⟨cotangent_n, logits_n⟩, where `cotangent` maps logits to
   * d(loss)/d(logits), both (N x classes). One forward and one backward pass.
   */
  gradient(
    images: Float32Array,
    count: number,
    cotangent: (logits: Float32Array) => Float32Array,
  ): Promise<{
    /** (N x classes) */
    logits: Float32Array;
    /** (N x C x H x W) */
    gradient: Float32Array;
  }>;
}

export function isDifferentiable(classifier: LogitsClassifier): classifier is Classifier {
  return 'gradient' in classifier;
}

/** The class of the largest logit, the first of equal ones; -1 where a logit is NaN. */
export function predictedClass(logits: Float32Array): number {
  let best = 0;
  for (let index = 0; index < logits.length; ++index) {
    if (Number.isNaN(logits[index])) return -1;
    if (logits[index]! > logits[best]!) best = index;
  }
  return best;
}

/** Logit of the label minus the largest other one, which attacks lower; -∞ where a logit is NaN. */
export function marginOf(logits: Float32Array, label: number): number {
  let other = -Infinity;
  for (let index = 0; index < logits.length; ++index) {
    if (Number.isNaN(logits[index])) return -Infinity;
    if (index !== label && logits[index]! > other) other = logits[index]!;
  }
  return logits[label]! - other;
}
