/** `count` pseudorandom numbers from -`bound` to `bound`, the same at every call, of period 65536. */
export function noise(count: number, bound: number): Float32Array {
  const numbers = new Float32Array(count);
  const period = Math.min(count, 2 ** 16);
  let state = 1;
  for (let i = 0; i < period; ++i) {
    // Park and Miller's generator.
    state = (state * 48271) % 2147483647;
    numbers[i] = (2 * (state / 2147483647) - 1) * bound;
  }
  for (let at = period; at < count; at += period) numbers.copyWithin(at, 0, Math.min(period, count - at));
  return numbers;
}
