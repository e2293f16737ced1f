import { elementCount } from '../onnx/value';
import type { ReduceName, ValueId } from '../program/operation';
import type { Rule } from './rule';
import type { Tape } from './tape';

interface Call {
  readonly tape: Tape;
  /** Of the result, whose reduced axes are 1. */
  readonly gradient: ValueId;
  readonly x: () => ValueId;
  readonly y: () => ValueId;
  /** Elements of x for each of the result. */
  readonly count: number;
  readonly dims: readonly number[];
  readonly axes: readonly number[];
}

const gradients: Record<ReduceName, (call: Call) => ValueId> = {
  sum: ({ tape, gradient, dims }) => tape.expand(gradient, dims),
  mean: ({ tape, gradient, dims, count }) => tape.expand(tape.linear(gradient, 1 / count), dims),
  max: (call) => toEqual(call),
  min: (call) => toEqual(call),
  prod: (call) => call.tape.mul(call.gradient, productOfOthers(call)),
  l1: ({ tape, gradient, x }) => tape.mul(gradient, tape.unary('sign', x())),
  // Where the norm is 0, so is the gradient.
  l2: ({ tape, gradient, x, y }) => {
    const length = tape.select(tape.compare('equal', y(), tape.filled(0)), tape.filled(1), y());
    return tape.mul(tape.binary('div', gradient, length), x());
  },
  sumSquare: ({ tape, gradient, x }) => tape.mul(tape.linear(gradient, 2), x()),
  logSum: ({ tape, gradient, y, dims }) => tape.expand(tape.binary('div', gradient, tape.unary('exp', y())), dims),
  logSumExp: ({ tape, gradient, x, y }) => tape.mul(gradient, tape.unary('exp', tape.binary('sub', x(), y()))),
};

/** The gradient in equal parts for all elements that equal the result. */
function toEqual({ tape, gradient, x, y, axes }: Call): ValueId {
  const equal = tape.select(tape.compare('equal', x(), y()), tape.filled(1), tape.filled(0));
  return tape.mul(equal, tape.binary('div', gradient, tape.reduce('sum', equal, axes)));
}

/** For each element, the product of all others: zeros are counted, and left out of the product. */
function productOfOthers({ tape, x, axes }: Call): ValueId {
  const [zero, one] = [tape.filled(0), tape.filled(1)];
  const isZero = tape.compare('equal', x(), zero);
  const factors = tape.select(isZero, one, x());
  const product = tape.reduce('prod', factors, axes);
  const zeros = tape.reduce('sum', tape.select(isZero, one, zero), axes);
  const otherZeros = tape.binary('sub', zeros, tape.select(isZero, one, zero));
  return tape.select(tape.compare('equal', otherZeros, zero), tape.binary('div', product, factors), zero);
}

export const reduce: Rule<'reduce'> = (tape, { inputs, outputs, attributes: { function: name, axes } }, gradient) => {
  const [x, y] = [inputs[0]!, outputs[0]!];
  const dims = tape.dims(x);
  const count = elementCount(dims) / Math.max(1, elementCount(tape.dims(y)));
  tape.add(x, () => gradients[name]({ tape, gradient, x: () => tape.use(x), y: () => tape.use(y), count, dims, axes }));
};
