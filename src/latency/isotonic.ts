/**
 * Isotonic regression: the non-decreasing numbers nearest to the given ones in least squares, by pool adjacent violators (Ayer et
 * al. 1955).
 */
export function isotonic(numbers: readonly number[]): number[] {
  const pools: { mean: number; count: number }[] = [];
  for (const number of numbers) {
    let pool = { mean: number, count: 1 };
    for (let last = pools.at(-1); last && last.mean > pool.mean; last = pools.at(-1)) {
      pools.pop();
      const count = last.count + pool.count;
      pool = { mean: (last.mean * last.count + pool.mean * pool.count) / count, count };
    }
    pools.push(pool);
  }
  return pools.flatMap(({ mean, count }) => new Array<number>(count).fill(mean));
}
