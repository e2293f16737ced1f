const value = new Float32Array(1);
const bits = new Int32Array(value.buffer);

/**
 * The largest float32 threshold such that the costs of all keys at or above it add up to at least `budget`; 0 where the total is
 * less. Keys are not negative. By bisection on the bits of the threshold, which have the order of the numbers.
 */
export function thresholdWithin(keys: Float32Array, costs: Float64Array | undefined, budget: number): number {
  let below = 0;
  let above = 0x7f800000;
  while (above - below > 1) {
    const middle = below + ((above - below) >>> 1);
    bits[0] = middle;
    if (costAbove(keys, costs, value[0]!) >= budget) below = middle;
    else above = middle;
  }
  bits[0] = below;
  return value[0]!;
}

function costAbove(keys: Float32Array, costs: Float64Array | undefined, threshold: number): number {
  let total = 0;
  for (let index = 0; index < keys.length; ++index) {
    if (keys[index]! >= threshold) total += costs ? costs[index]! : 1;
  }
  return total;
}

/**
 * The continuous knapsack: the share, 0 to 1, of every item if items are taken in descending order of their keys until their costs
 * add up to `budget`. Items of key 0 are never taken.
 */
export function fillByKey(keys: Float32Array, costs: Float64Array, budget: number): Float64Array {
  const threshold = thresholdWithin(keys, costs, budget);
  const shares = new Float64Array(keys.length);
  let left = budget;
  for (let index = 0; index < keys.length; ++index) {
    if (keys[index]! > threshold) {
      shares[index] = 1;
      left -= costs[index]!;
    }
  }
  if (threshold === 0) return shares;
  for (let index = 0; index < keys.length && left > 0; ++index) {
    if (keys[index] !== threshold || costs[index] === 0) continue;
    shares[index] = Math.min(1, left / costs[index]!);
    left -= costs[index]!;
  }
  return shares;
}
