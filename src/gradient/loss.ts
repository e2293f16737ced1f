/**
 * A loss of one image that attacks maximize. Writes d(loss)/d(logits) to `cotangent` and returns the loss.
 * Targeted losses take the class `target` to be reached; others ignore it.
 */
export type Loss = (logits: Float32Array, label: number, cotangent: Float32Array, target: number) => number;

/** Cross entropy of the softmax. Its gradient vanishes where the network is very confident: see {@link dlr}. */
export const crossEntropy: Loss = (logits, label, cotangent) => {
  const largest = logits.reduce((most, logit) => Math.max(most, logit), -Infinity);
  let total = 0;
  for (const logit of logits) total += Math.exp(logit - largest);
  for (let index = 0; index < logits.length; ++index) {
    cotangent[index] = Math.exp(logits[index]! - largest) / total;
  }
  // As a sum of the others: 1 - p would round to 0.
  let others = 0;
  for (let index = 0; index < logits.length; ++index) if (index !== label) others += cotangent[index]!;
  cotangent[label] = -others;
  return Math.log(total) + largest - logits[label]!;
};

/** Difference between the target's logit and the label's. */
export const logitDifference: Loss = (logits, label, cotangent, target) => {
  cotangent.fill(0);
  cotangent[target] = 1;
  cotangent[label] = -1;
  return logits[target]! - logits[label]!;
};

/**
 * Difference of logits ratio, -(z_y - max_{j≠y} z_j) / (z_π1 - z_π3), which neither a scale nor a shift of the logits
 * changes (Croce and Hein, Reliable evaluation of adversarial robustness, ICML 2020, equation 6). With fewer than three
 * classes, the difference of the two logits.
 */
export const dlr: Loss = (logits, label, cotangent) => {
  const order = ranked(logits);
  const other = order[0] === label ? order[1]! : order[0]!;
  if (logits.length < 3) return logitDifference(logits, label, cotangent, other);
  return ratio(logits, label, other, [[order[0]!, 1], [order[2]!, -1]], cotangent); // prettier-ignore
};

/**
 * Targeted difference of logits ratio, -(z_y - z_t) / (z_π1 - (z_π3 + z_π4) / 2) (the same, equation 7). With fewer than
 * four classes, the difference of the two logits.
 */
export const targetedDlr: Loss = (logits, label, cotangent, target) => {
  if (logits.length < 4) return logitDifference(logits, label, cotangent, target);
  const order = ranked(logits);
  return ratio(logits, label, target, [[order[0]!, 1], [order[2]!, -0.5], [order[3]!, -0.5]], cotangent); // prettier-ignore
};

/** (z_other - z_label) / Σ weight · z, and its derivative. */
function ratio(
  logits: Float32Array,
  label: number,
  other: number,
  weights: readonly (readonly [index: number, weight: number])[],
  cotangent: Float32Array,
): number {
  const denominator = weights.reduce((sum, [index, weight]) => sum + weight * logits[index]!, 1e-12);
  const value = (logits[other]! - logits[label]!) / denominator;
  cotangent.fill(0);
  cotangent[other]! += 1 / denominator;
  cotangent[label]! -= 1 / denominator;
  for (const [index, weight] of weights) cotangent[index]! -= (weight * value) / denominator;
  return value;
}

/** Classes by descending logit. */
export function ranked(logits: Float32Array): number[] {
  return Array.from(logits.keys()).sort((one, other) => logits[other]! - logits[one]!);
}
