import type { ActivationName, BinaryName, CompareName, ReduceName, UnaryName } from '../../../src/program/operation';

/** The functions of native/program/functions.h, in double precision. */
type Unary = (x: number, a: number, b: number) => number;

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

/** Halves go to the even neighbour. */
function round(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

export const unaryFunctions: Readonly<Record<UnaryName, Unary>> = {
  relu: (x) => Math.max(x, 0),
  clip,
  leakyRelu: (x, a) => (x < 0 ? a * x : x),
  elu: (x, a) => (x < 0 ? a * Math.expm1(x) : x),
  selu: (x, a, b) => b * (x > 0 ? x : a * Math.expm1(x)),
  celu: (x, a) => Math.max(0, x) + Math.min(0, a * Math.expm1(x / a)),
  sigmoid,
  hardSigmoid: (x, a, b) => clip(a * x + b, 0, 1),
  hardSwish: (x) => x * clip(x / 6 + 0.5, 0, 1),
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
  round,
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
};

export const activations: Readonly<Record<ActivationName, Unary>> = {
  none: (x) => x,
  relu: unaryFunctions.relu,
  clip,
  leakyRelu: unaryFunctions.leakyRelu,
};

export const binaryFunctions: Readonly<Record<BinaryName, (x: number, y: number) => number>> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  pow: (x, y) => x ** y,
  min: Math.min,
  max: Math.max,
  prelu: (x, slope) => (x < 0 ? slope * x : x),
  mod: (x, y) => x % y,
  reluGradient: (x, y) => (y > 0 ? x : 0),
  floorMod: (x, y) => x - y * Math.floor(x / y),
};

export const compareFunctions: Readonly<Record<CompareName, (x: number, y: number) => boolean>> = {
  equal: (x, y) => x === y,
  less: (x, y) => x < y,
  lessOrEqual: (x, y) => x <= y,
  greater: (x, y) => x > y,
  greaterOrEqual: (x, y) => x >= y,
};

const sumOf = (values: readonly number[], term: (x: number) => number) => values.reduce((sum, x) => sum + term(x), 0);

export const reduceFunctions: Readonly<Record<ReduceName, (values: readonly number[]) => number>> = {
  sum: (values) => sumOf(values, (x) => x),
  mean: (values) => sumOf(values, (x) => x) / values.length,
  max: (values) => Math.max(...values),
  min: (values) => Math.min(...values),
  prod: (values) => values.reduce((product, x) => product * x, 1),
  l1: (values) => sumOf(values, Math.abs),
  l2: (values) => Math.sqrt(sumOf(values, (x) => x * x)),
  sumSquare: (values) => sumOf(values, (x) => x * x),
  logSum: (values) => Math.log(sumOf(values, (x) => x)),
  logSumExp: (values) => {
    const largest = Math.max(...values);
    return largest + Math.log(sumOf(values, (x) => Math.exp(x - largest)));
  },
};
