import type { InferenceSession, Tensor } from 'onnxruntime-common';

// A property of a global costs a slow look-up for each number where tests run in a context of their own.
const { abs, max } = Math;
const { isFinite } = Number;
const toNumber = Number;

/** How far the outputs of two runs lie apart. */
export interface Disagreement {
  /** Largest difference of two elements of an output by that output's largest magnitude. */
  readonly relative: number;
  /** The output that has it. */
  readonly output: string;
}

/**
 * Compares what two engines made of the same feeds. Other names, shapes or a number that is not finite are infinitely far.
 *
 * @param least magnitude that differences are divided by at least, where outputs may be next to nothing
 */
export function disagreement(
  actual: InferenceSession.ReturnType,
  expected: InferenceSession.ReturnType,
  least = 0,
): Disagreement {
  let worst: Disagreement = { relative: 0, output: '' };
  for (const output of new Set([...Object.keys(actual), ...Object.keys(expected)])) {
    const relative = distance(actual[output], expected[output], least);
    if (relative >= worst.relative) worst = { relative, output };
  }
  return worst;
}

function distance(actual: Tensor | undefined, expected: Tensor | undefined, least: number): number {
  if (!actual || !expected || actual.type !== expected.type || String(actual.dims) !== String(expected.dims)) {
    return Infinity;
  }
  const [a, b] = [actual.data as ArrayLike<number | bigint>, expected.data as ArrayLike<number | bigint>];
  let magnitude = least;
  let difference = 0;
  for (let index = 0; index < b.length; ++index) {
    const [one, other] = [toNumber(a[index]), toNumber(b[index])];
    // NaN would lose every comparison below.
    if (!isFinite(one) || !isFinite(other)) return Infinity;
    magnitude = max(magnitude, abs(other));
    difference = max(difference, abs(one - other));
  }
  return difference === 0 ? 0 : difference / magnitude;
}

/** What single precision leaves between two orders of summation, and the project promises. */
export const tolerance = 1e-4;

/** Throws where two runs disagree: times of a wrong result are worth nothing. */
export function demandAgreement(
  what: string,
  actual: InferenceSession.ReturnType,
  expected: InferenceSession.ReturnType,
  allowed = tolerance,
): number {
  const { relative, output } = disagreement(actual, expected);
  if (!(relative <= allowed)) {
    throw new Error(
      `${what}: output '${output}' is off by ${relative.toExponential(1)} (relative); ${allowed} is allowed.`,
    );
  }
  return relative;
}
