/** What a function of doubles does around a point, along one of its arguments. */
export interface Slopes {
  readonly left: number;
  readonly right: number;
  /** Whether the function jumps at the point, and has no slope. */
  readonly jumps: boolean;
}

const step = 1e-5;

/** One-sided difference quotients, to second order. */
export function slopesAt(f: (moved: number) => number, x: number): Slopes {
  const h = step * Math.max(1, Math.abs(x));
  const here = f(x);
  const quotient = (by: number) => (f(x + by) - here) / by;
  const side = (by: number) => 2 * quotient(by / 2) - quotient(by);
  const jumps = [h, -h].some((by) => {
    const [far, near] = [quotient(by), quotient(by / 2)];
    return Math.abs(near) > 1e3 && Math.abs(near / far - 2) < 0.1;
  });
  return { left: side(-h), right: side(h), jumps };
}

/**
 * How far a gradient is from what the slopes allow: their mean where they agree, anything between them at a kink. NaN where
 * they say nothing.
 */
export function distanceFrom({ left, right, jumps }: Slopes, gradient: number, scale: number): number {
  if (jumps) return NaN;
  const isSmooth = Math.abs(left - right) < 1e-3 * scale;
  if (isSmooth) return Math.abs(gradient - (left + right) / 2);
  return Math.max(0, Math.min(left, right) - gradient, gradient - Math.max(left, right));
}
