// A property of a global costs a slow look-up for each number where tests run in a context of their own.
const { imul } = Math;

/** Uniform numbers in [0, 1), the same for the same seed everywhere (the generator "mulberry32"). */
export function seededUniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` numbers, uniform in [-bound, bound). */
export function uniformArray(uniform: () => number, count: number, bound: number): Float32Array {
  const numbers = new Float32Array(count);
  for (let index = 0; index < count; ++index) numbers[index] = (2 * uniform() - 1) * bound;
  return numbers;
}
