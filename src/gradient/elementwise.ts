import type { BinaryName, UnaryName, ValueId } from '../program/operation';
import { clipGradient, leakyReluGradient, reluGradient } from './activation';
import { Unsupported, type Rule } from './rule';
import type { Tape } from './tape';

/** Values for the derivative of a function of one float. */
interface Call {
  readonly tape: Tape;
  /** The gradient with respect to the result. */
  readonly gradient: ValueId;
  /** Argument and result of the forward run. */
  readonly x: () => ValueId;
  readonly y: () => ValueId;
  readonly a: number;
  readonly b: number;
}

/** Gradient with respect to the argument; `zero` where the function is constant almost everywhere. */
const derivatives: Record<UnaryName, 'zero' | ((call: Call) => ValueId)> = {
  relu: ({ tape, gradient, y }) => reluGradient(tape, y(), gradient),
  clip: ({ tape, gradient, y, a, b }) => clipGradient(tape, y(), gradient, a, b),
  leakyRelu: ({ tape, gradient, x, a }) => leakyReluGradient(tape, x(), gradient, a),
  elu: ({ tape, gradient, x, a }) => exponentialBelow(tape, gradient, x(), { height: a }),
  selu: ({ tape, gradient, x, a, b }) => exponentialBelow(tape, gradient, x(), { height: a * b, above: b }),
  celu: ({ tape, gradient, x, a }) => exponentialBelow(tape, gradient, x(), { steepness: 1 / a }),
  sigmoid: ({ tape, gradient, y }) => tape.mul(gradient, tape.mul(y(), tape.linear(y(), -1, 1))),
  hardSigmoid: ({ tape, gradient, y, a }) => clipGradient(tape, y(), tape.linear(gradient, a), 0, 1),
  hardSwish: ({ tape, gradient, x, a }) => {
    // Between -3 and 3 the slope is a·(x / 3 + 1 / 2); above it is a.
    const inner = tape.linear(x(), a / 3, a / 2);
    const above = tape.select(tape.compare('less', x(), tape.filled(3)), inner, tape.filled(a));
    const slope = tape.select(tape.compare('greater', x(), tape.filled(-3)), above, tape.filled(0));
    return tape.mul(gradient, slope);
  },
  silu: ({ tape, gradient, x, a }) => tape.mul(gradient, siluSlope(tape, x(), a)),
  mish: ({ tape, gradient, x }) => {
    const t = tape.unary('tanh', tape.unary('softplus', x()));
    const rest = tape.mul(tape.mul(x(), tape.unary('sigmoid', x())), tape.linear(tape.mul(t, t), -1, 1));
    return tape.mul(gradient, tape.binary('add', t, rest));
  },
  gelu: ({ tape, gradient, x }) => {
    const cumulative = tape.linear(tape.unary('erf', tape.linear(x(), Math.SQRT1_2)), 0.5, 0.5);
    const density = tape.unary('exp', tape.linear(tape.mul(x(), x()), -0.5, -0.5 * Math.log(2 * Math.PI)));
    return tape.mul(gradient, tape.binary('add', cumulative, tape.mul(x(), density)));
  },
  geluTanh: ({ tape, gradient, x }) => {
    // x·sigmoid(2u), u = √(2/π)·(x + 0.044715·x³).
    const scale = 2 * Math.sqrt(2 / Math.PI);
    const square = tape.mul(x(), x());
    const gate = tape.unary('sigmoid', tape.mul(x(), tape.linear(square, scale * 0.044715, scale)));
    const slope = tape.linear(square, scale * 3 * 0.044715, scale);
    const rest = tape.mul(tape.mul(x(), slope), tape.mul(gate, tape.linear(gate, -1, 1)));
    return tape.mul(gradient, tape.binary('add', gate, rest));
  },
  tanh: ({ tape, gradient, y }) => tape.mul(gradient, tape.linear(tape.mul(y(), y()), -1, 1)),
  softplus: ({ tape, gradient, x }) => tape.mul(gradient, tape.unary('sigmoid', x())),
  softsign: ({ tape, gradient, x }) => {
    const below = tape.linear(tape.unary('abs', x()), 1, 1);
    return tape.binary('div', gradient, tape.mul(below, below));
  },
  thresholdedRelu: ({ tape, gradient, x, a }) =>
    tape.select(tape.compare('greater', x(), tape.filled(a)), gradient, tape.filled(0)),
  shrink: ({ tape, gradient, x, a }) => {
    const outside = tape.compare('greater', tape.unary('abs', x()), tape.filled(a));
    return tape.select(outside, gradient, tape.filled(0));
  },
  exp: ({ tape, gradient, y }) => tape.mul(gradient, y()),
  log: ({ tape, gradient, x }) => tape.binary('div', gradient, x()),
  sqrt: ({ tape, gradient, y }) => tape.binary('div', tape.linear(gradient, 0.5), y()),
  reciprocal: ({ tape, gradient, y }) => tape.mul(tape.linear(gradient, -1), tape.mul(y(), y())),
  abs: ({ tape, gradient, x }) => tape.mul(gradient, tape.unary('sign', x())),
  neg: ({ tape, gradient }) => tape.linear(gradient, -1),
  sign: 'zero',
  floor: 'zero',
  ceil: 'zero',
  round: 'zero',
  erf: ({ tape, gradient, x }) => {
    const bell = tape.unary('exp', tape.linear(tape.mul(x(), x()), -1));
    return tape.mul(tape.linear(gradient, 2 / Math.sqrt(Math.PI)), bell);
  },
  sin: ({ tape, gradient, x }) => tape.mul(gradient, tape.unary('cos', x())),
  cos: ({ tape, gradient, x }) => tape.mul(tape.linear(gradient, -1), tape.unary('sin', x())),
  tan: ({ tape, gradient, y }) => tape.mul(gradient, tape.linear(tape.mul(y(), y()), 1, 1)),
  atan: ({ tape, gradient, x }) => tape.binary('div', gradient, tape.linear(tape.mul(x(), x()), 1, 1)),
  linear: ({ tape, gradient, a }) => tape.linear(gradient, a),
  asin: ({ tape, gradient, x }) => tape.binary('div', gradient, arc(tape, x(), -1, 1)),
  acos: ({ tape, gradient, x }) => tape.binary('div', tape.linear(gradient, -1), arc(tape, x(), -1, 1)),
  sinh: ({ tape, gradient, x }) => tape.mul(gradient, tape.unary('cosh', x())),
  cosh: ({ tape, gradient, x }) => tape.mul(gradient, tape.unary('sinh', x())),
  asinh: ({ tape, gradient, x }) => tape.binary('div', gradient, arc(tape, x(), 1, 1)),
  acosh: ({ tape, gradient, x }) => tape.binary('div', gradient, arc(tape, x(), 1, -1)),
  atanh: ({ tape, gradient, x }) => tape.binary('div', gradient, tape.linear(tape.mul(x(), x()), -1, 1)),
  scaledTanh: ({ tape, gradient, x, a, b }) => {
    const t = tape.unary('tanh', tape.linear(x(), b));
    return tape.mul(gradient, tape.linear(tape.mul(t, t), -a * b, a * b));
  },
};

export const unary: Rule<'unary'> = (tape, { inputs, outputs, attributes: { function: name, a, b } }, gradient) => {
  const [x, y] = [inputs[0]!, outputs[0]!];
  const derivative = derivatives[name];
  if (derivative === 'zero') return;
  tape.add(x, () => derivative({ tape, gradient, x: () => tape.use(x), y: () => tape.use(y), a, b }));
};

/** √(a·x² + b) */
function arc(tape: Tape, x: ValueId, a: number, b: number): ValueId {
  return tape.unary('sqrt', tape.linear(tape.mul(x, x), a, b));
}

/** Of x > 0 ? above·x : height·(exp(steepness·x) - 1) / steepness. */
function exponentialBelow(
  tape: Tape,
  gradient: ValueId,
  x: ValueId,
  { height = 1, steepness = 1, above = 1 }: { height?: number; steepness?: number; above?: number },
): ValueId {
  // The exponential is not taken where it would overflow.
  const below = tape.linear(tape.unary('exp', tape.unary('clip', tape.linear(x, steepness), -1e30, 0)), height);
  return tape.mul(gradient, tape.select(tape.compare('greater', x, tape.filled(0)), tape.filled(above), below));
}

/** Of x·s, s = sigmoid(a·x): s + a·x·s·(1 - s). */
function siluSlope(tape: Tape, x: ValueId, a: number): ValueId {
  const gate = tape.unary('sigmoid', tape.linear(x, a));
  return tape.binary('add', gate, tape.mul(tape.linear(x, a), tape.mul(gate, tape.linear(gate, -1, 1))));
}

/** Gradients of both operands, in the result's dims: before the sum over broadcast axes. */
type BinaryGradients = (
  tape: Tape,
  gradient: ValueId,
  a: () => ValueId,
  b: () => ValueId,
  y: () => ValueId,
) => [() => ValueId, () => ValueId];

const binaryGradients: Record<BinaryName, BinaryGradients> = {
  add: (_tape, gradient) => [() => gradient, () => gradient],
  sub: (tape, gradient) => [() => gradient, () => tape.linear(gradient, -1)],
  mul: (tape, gradient, a, b) => [() => tape.mul(gradient, b()), () => tape.mul(gradient, a())],
  div: (tape, gradient, a, b) => [
    () => tape.binary('div', gradient, b()),
    () => tape.mul(tape.linear(gradient, -1), tape.binary('div', a(), tape.mul(b(), b()))),
  ],
  pow: (tape, gradient, a, b, y) => [
    () => tape.mul(gradient, tape.mul(b(), tape.binary('pow', a(), tape.linear(b(), 1, -1)))),
    () => tape.mul(gradient, tape.mul(y(), tape.unary('log', a()))),
  ],
  // Where operands are equal, the gradient goes to the first.
  min: (tape, gradient, a, b) => oneOf(tape, gradient, () => tape.compare('lessOrEqual', a(), b())),
  max: (tape, gradient, a, b) => oneOf(tape, gradient, () => tape.compare('greaterOrEqual', a(), b())),
  prelu: (tape, gradient, x, slope) => {
    const isBelow = () => tape.compare('less', x(), tape.filled(0));
    return [
      () => tape.select(isBelow(), tape.mul(gradient, slope()), gradient),
      () => tape.select(isBelow(), tape.mul(gradient, x()), tape.filled(0)),
    ];
  },
  reluGradient: (tape, gradient, _a, b) => [
    () => tape.binary('reluGradient', gradient, b()),
    () => tape.linear(gradient, 0),
  ],
  mod: remainder,
  floorMod: remainder,
};

/** The remainder a - b·q of a whole quotient q. */
function remainder(
  tape: Tape,
  gradient: ValueId,
  a: () => ValueId,
  b: () => ValueId,
  y: () => ValueId,
): [() => ValueId, () => ValueId] {
  return [() => gradient, () => tape.mul(gradient, tape.binary('div', tape.binary('sub', y(), a()), b()))];
}

function oneOf(tape: Tape, gradient: ValueId, isFirst: () => ValueId): [() => ValueId, () => ValueId] {
  return [
    () => tape.select(isFirst(), gradient, tape.filled(0)),
    () => tape.select(isFirst(), tape.filled(0), gradient),
  ];
}

export const binary: Rule<'binary'> = (
  tape,
  { inputs, outputs, attributes: { function: name, activation } },
  gradient,
) => {
  const [a, b] = inputs as [ValueId, ValueId];
  const sides = binaryGradients[name](
    tape,
    gradient,
    () => tape.use(a),
    () => tape.use(b),
    () => {
      if (activation.name !== 'none') throw new Unsupported('of a power or remainder with an activation');
      return tape.use(outputs[0]!);
    },
  );
  [a, b].forEach((id, side) => tape.add(id, () => tape.sumTo(sides[side]!(), tape.dims(id))));
};

export const select: Rule<'select'> = (tape, { inputs }, gradient) => {
  const [condition, a, b] = inputs as [ValueId, ValueId, ValueId];
  const zero = () => tape.filled(0);
  tape.add(a, () => tape.sumTo(tape.select(tape.use(condition), gradient, zero()), tape.dims(a)));
  tape.add(b, () => tape.sumTo(tape.select(tape.use(condition), zero(), gradient), tape.dims(b)));
};
