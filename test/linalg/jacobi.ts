/** Eigenvalues of a symmetric matrix, descending, and its eigenvectors in the same order. */
export interface Eigen {
  readonly values: number[];
  readonly vectors: Float64Array[];
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix (n × n, row-major) by plain cyclic Jacobi rotations: the oracle of
 * the singular value decompositions.
 */
export function eigen(matrix: Float64Array, n: number): Eigen {
  const a = Float64Array.from(matrix);
  const turned = Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (_, k) => (k === i ? 1 : 0)));
  for (let sweep = 0; sweep < 60; ++sweep) {
    let off = 0;
    for (let p = 0; p < n; ++p) for (let q = p + 1; q < n; ++q) off += a[p * n + q]! ** 2;
    if (off === 0) break;
    for (let p = 0; p < n; ++p) {
      for (let q = p + 1; q < n; ++q) {
        if (a[p * n + q] === 0) continue;
        const theta = (a[q * n + q]! - a[p * n + p]!) / (2 * a[p * n + q]!);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
        const c = 1 / Math.hypot(t, 1);
        const s = t * c;
        for (let k = 0; k < n; ++k) {
          [a[k * n + p], a[k * n + q]] = rotated(a[k * n + p]!, a[k * n + q]!, c, s);
        }
        for (let k = 0; k < n; ++k) {
          [a[p * n + k], a[q * n + k]] = rotated(a[p * n + k]!, a[q * n + k]!, c, s);
          [turned[p]![k], turned[q]![k]] = rotated(turned[p]![k]!, turned[q]![k]!, c, s);
        }
      }
    }
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => a[j * n + j]! - a[i * n + i]!);
  return { values: order.map((i) => a[i * n + i]!), vectors: order.map((i) => turned[i]!) };
}

/** Eigenvalues of a symmetric matrix (n × n, row-major), descending. */
export function eigenvalues(matrix: Float64Array, n: number): number[] {
  return eigen(matrix, n).values;
}

function rotated(x: number, y: number, c: number, s: number): [number, number] {
  return [c * x - s * y, s * x + c * y];
}
