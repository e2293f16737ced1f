import { eigen } from './jacobi';
import { seeded } from './layers';

/** a (rows × inner) times b (inner × columns), all row-major. */
export function times(a: ArrayLike<number>, b: ArrayLike<number>, rows: number, inner: number): Float64Array {
  const columns = b.length / inner;
  const product = new Float64Array(rows * columns);
  for (let i = 0; i < rows; ++i) {
    for (let k = 0; k < inner; ++k) {
      for (let j = 0; j < columns; ++j) product[i * columns + j]! += a[i * inner + k]! * b[k * columns + j]!;
    }
  }
  return product;
}

export function transpose(a: ArrayLike<number>, rows: number): Float64Array {
  const columns = a.length / rows;
  return Float64Array.from({ length: a.length }, (_, i) => a[(i % rows) * columns + Math.floor(i / rows)]!);
}

/** A positive semidefinite matrix (n × n) of a rank: the second moment of `rank` random vectors. */
export function secondMoment(n: number, rank: number, seed: number): Float64Array {
  if (rank === 0) return new Float64Array(n * n);
  const random = seeded(seed);
  const vectors = Float64Array.from({ length: n * rank }, () => random() * 2 - 1);
  return times(vectors, transpose(vectors, n), n, rank);
}

export function identity(n: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
}

/** The symmetric positive semidefinite square root. */
export function squareRoot(matrix: Float64Array, n: number): Float64Array {
  const { values, vectors } = eigen(matrix, n);
  const root = new Float64Array(n * n);
  vectors.forEach((vector, i) => {
    const scale = Math.sqrt(Math.max(values[i]!, 0));
    for (let r = 0; r < n; ++r) for (let c = 0; c < n; ++c) root[r * n + c]! += scale * vector[r]! * vector[c]!;
  });
  return root;
}

/** X (n × columns) of A X = B, by Gaussian elimination with pivoting. */
export function solve(matrix: Float64Array, right: Float64Array, n: number): Float64Array {
  const a = Float64Array.from(matrix);
  const x = Float64Array.from(right);
  const columns = right.length / n;
  const addRow = (rows: Float64Array, width: number, to: number, from: number, factor: number) => {
    for (let c = 0; c < width; ++c) rows[to * width + c]! += factor * rows[from * width + c]!;
  };
  for (let k = 0; k < n; ++k) {
    let pivot = k;
    for (let i = k + 1; i < n; ++i) if (Math.abs(a[i * n + k]!) > Math.abs(a[pivot * n + k]!)) pivot = i;
    if (pivot !== k) {
      addRow(a, n, k, pivot, 1);
      addRow(x, columns, k, pivot, 1);
    }
    for (let i = 0; i < n; ++i) {
      if (i === k) continue;
      const factor = -a[i * n + k]! / a[k * n + k]!;
      addRow(a, n, i, k, factor);
      addRow(x, columns, i, k, factor);
    }
  }
  return x.map((value, i) => value / a[Math.floor(i / columns) * n + Math.floor(i / columns)]!);
}

/** tr(H Δ Σ Δᵀ) for Δ (rows × columns): ‖H^½ Δ Σ^½‖². */
export function weightedNorm(delta: Float64Array, h: Float64Array, sigma: Float64Array, rows: number): number {
  const left = times(h, delta, rows, rows);
  const right = times(delta, sigma, rows, delta.length / rows);
  return left.reduce((sum, x, i) => sum + x * right[i]!, 0);
}
