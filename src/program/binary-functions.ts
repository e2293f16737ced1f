import type { BinaryName } from './operation';

/** The functions of `binary` that tables can have, in double precision. */
export const binaryFunctions: Readonly<Partial<Record<BinaryName, (x: number, y: number) => number>>> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  pow: Math.pow,
  min: Math.min,
  max: Math.max,
  prelu: (x, y) => (x < 0 ? y * x : x),
};
