import type { ActivationName, BinaryName, CompareName, ReduceName } from '../../../src/program/operation';
import { unaryFunctions } from '../../../src/program/unary-functions';

export { unaryFunctions };

/** The functions of native/program/functions.h, in double precision. */
type Unary = (x: number, a: number, b: number) => number;

export const activations: Readonly<Record<ActivationName, Unary>> = {
  none: (x) => x,
  relu: unaryFunctions.relu,
  clip: unaryFunctions.clip,
  leakyRelu: unaryFunctions.leakyRelu,
  hardSwish: unaryFunctions.hardSwish,
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
