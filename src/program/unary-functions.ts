import { roundHalfToEven } from '../base/rounding';
import type { UnaryName } from './operation';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const clip = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high);

/** By a series of positive terms, e^(-x²)·Σ 2ⁿ·x^(2n+1) / (2n+1)!!. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = 0;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    sum += term;
    term *= (2 * x * x) / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** The functions of `unary`, with their parameters a and b, in double precision. */
export const unaryFunctions: Readonly<Record<UnaryName, (x: number, a: number, b: number) => number>> = {
  relu: (x) => Math.max(x, 0),
  clip,
  leakyRelu: (x, a) => (x < 0 ? a * x : x),
  elu: (x, a) => (x < 0 ? a * Math.expm1(x) : x),
  selu: (x, a, b) => b * (x > 0 ? x : a * Math.expm1(x)),
  celu: (x, a) => Math.max(0, x) + Math.min(0, a * Math.expm1(x / a)),
  sigmoid,
  hardSigmoid: (x, a, b) => clip(a * x + b, 0, 1),
  hardSwish: (x, a, b) => a * (x * clip(x / 6 + 0.5, 0, 1)) + b,
  silu: (x, a) => x * sigmoid(a * x),
  mish: (x) => x * Math.tanh(softplus(x)),
  gelu: (x) => (x / 2) * (1 + erf(x / Math.SQRT2)),
  geluTanh: (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  tanh: Math.tanh,
  softplus,
  softsign: (x) => x / (1 + Math.abs(x)),
  thresholdedRelu: (x, a) => (x > a ? x : 0),
  shrink: (x, a, b) => (x < -a ? x + b : x > a ? x - b : 0),
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  reciprocal: (x) => 1 / x,
  abs: Math.abs,
  neg: (x) => -x,
  sign: Math.sign,
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundHalfToEven,
  erf,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  atan: Math.atan,
  linear: (x, a, b) => a * x + b,
  asin: Math.asin,
  acos: Math.acos,
  sinh: Math.sinh,
  cosh: Math.cosh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  scaledTanh: (x, a, b) => a * Math.tanh(b * x),
};
