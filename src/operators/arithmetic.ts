import { roundHalfToEven } from '../base/rounding';
import { intAttribute } from '../onnx/attribute';
import type { ValueType } from '../onnx/value';
import type { BinaryName, UnaryName } from '../program/operation';
import { aligned } from './aligned';
import { commonType, requireArithmetic, requireFloat } from './arguments';
import { broadcast, broadcastInputs } from './broadcast';
import { isFloat, numbersOf, wrapped } from './elements';
import { foldElementwise, type ElementFunction } from './elementwise';
import { emitBinary, emitUnary, floats, required } from './emission';
import { inferOne, likeInput } from './inference';
import type { Lowering, ValueId } from './lowering';
import type { Operator, OperatorCall } from './operator';

// https://onnx.ai/onnx/operators/onnx__Add.html and the pages of the operators below

/** Functions of one number that the engine has for integers too. */
const wholeUnary: ReadonlySet<UnaryName> = new Set(['neg', 'abs', 'sign']);

/** An operator of one input; the engine's function has its name. */
function unary(name: UnaryName, f: ElementFunction): Operator {
  return {
    infer: inferOne(likeInput),
    fold: (call) => foldElementwise(call, call.input(0).type, f),
    lower: (call, lowering) => {
      const { type } = call.input(0);
      if (wholeUnary.has(name)) requireArithmetic(call, type);
      else requireFloat(call, type);
      const output = lowering.output(0);
      if (output !== undefined) emitUnary(lowering, name, required(call, lowering, 0), output);
    },
  };
}

function binaryType(call: OperatorCall): ValueType {
  return { type: commonType(call, [0, 1]), dims: broadcastInputs(call, [0, 1]) };
}

/** An operator of two inputs of one type, with broadcasting. */
function binary(name: BinaryName, f: ElementFunction): Operator {
  return aligned({
    infer: inferOne((call) => call.once(binaryType)),
    fold: (call) => foldElementwise(call, call.once(binaryType).type, f),
    lower: (call, lowering) => lowerBinary(call, lowering, name),
  });
}

function lowerBinary(call: OperatorCall, lowering: Lowering, name: BinaryName): void {
  requireArithmetic(call, call.once(binaryType).type);
  const output = lowering.output(0);
  if (output === undefined) return;
  emitBinary(lowering, name, required(call, lowering, 0), required(call, lowering, 1), output);
}

function variadicType(call: OperatorCall): ValueType {
  call.input(0);
  const indices = call.inputs.map((_, index) => index);
  return { type: commonType(call, indices), dims: broadcastInputs(call, indices) };
}

/** Combines all inputs from left to right into `output`. */
function emitChain(call: OperatorCall, lowering: Lowering, name: BinaryName, output: ValueId): void {
  const last = call.inputs.length - 1;
  const { type } = call.input(0);
  let value = required(call, lowering, 0);
  let dims: readonly number[] = call.input(0).dims;
  if (last === 0) lowering.emit('alias', [value], [output]);
  for (let index = 1; index <= last; index++) {
    dims = broadcast([dims, call.input(index).dims])!;
    const result = index === last ? output : lowering.temporary({ type, dims });
    emitBinary(lowering, name, value, required(call, lowering, index), result);
    value = result;
  }
}

/** An operator of one or more inputs of one type. */
function variadic(name: BinaryName, f: ElementFunction, mean = false): Operator {
  return {
    infer: inferOne(variadicType),
    fold: (call) => foldElementwise(call, variadicType(call).type, f),
    lower: (call, lowering) => {
      const { type, dims } = variadicType(call);
      if (mean) requireFloat(call, type);
      else requireArithmetic(call, type);
      const output = lowering.output(0);
      if (output === undefined) return;
      const sum = mean ? floats(lowering, dims) : output;
      emitChain(call, lowering, name, sum);
      if (mean) emitUnary(lowering, 'linear', sum, output, { a: 1 / call.inputs.length });
    },
  };
}

function powerType(call: OperatorCall): ValueType {
  return { type: call.input(0).type, dims: broadcastInputs(call, [0, 1]) };
}

/** Modulo 2^64, by squaring. */
function integerPower(base: bigint, exponent: bigint): bigint {
  if (exponent < 0n) throw new RangeError('there are no fractions among integers');
  let result = 1n;
  for (let power = wrapped(base), rest = exponent; rest > 0n; rest >>= 1n, power = wrapped(power * power)) {
    if (rest % 2n === 1n) result = wrapped(result * power);
  }
  return result;
}

/** Base and exponent may have different types; the result has that of the base. */
const power = aligned({
  infer: inferOne(powerType),
  fold: (call) => foldElementwise(call, powerType(call).type, { number: Math.pow, bigint: integerPower }),
  lower: (call, lowering) => {
    const { type } = powerType(call);
    requireFloat(call, type);
    const output = lowering.output(0);
    if (output === undefined) return;
    const x = required(call, lowering, 0);
    const exponent = call.input(1);
    const constant = exponent.constant && numbersOf(exponent.constant);
    const y = required(call, lowering, 1);
    if (constant?.length === 1 && exponent.dims.length <= call.input(0).dims.length && constant[0] === 2) {
      emitBinary(lowering, 'mul', x, x, output);
    } else if (isFloat(exponent.type)) {
      emitBinary(lowering, 'pow', x, y, output);
    } else {
      const converted = floats(lowering, exponent.dims);
      lowering.emit('cast', [y], [converted]);
      emitBinary(lowering, 'pow', x, converted, output);
    }
  },
});

function modulo(call: OperatorCall): ElementFunction {
  const truncated = intAttribute(call.node, 'fmod', 0) !== 0;
  return {
    number: (x, y) => x % y,
    // Without fmod the result has the sign of the divisor.
    bigint: (x, y) => {
      const rest = x % y;
      return !truncated && rest !== 0n && rest < 0n !== y < 0n ? rest + y : rest;
    },
  };
}

/** The engine's function: without fmod integers take the sign of the divisor. */
function moduloName(call: OperatorCall): BinaryName {
  return isFloat(call.input(0).type) || intAttribute(call.node, 'fmod', 0) !== 0 ? 'mod' : 'floorMod';
}

const remainder: Operator = {
  infer: inferOne(binaryType),
  lower: (call, lowering) => lowerBinary(call, lowering, moduloName(call)),
  fold: (call) => foldElementwise(call, binaryType(call).type, modulo(call)),
};

const add: ElementFunction = {
  number: (...x) => x.reduce((sum, value) => sum + value, 0),
  bigint: (...x) => x.reduce((sum, value) => sum + value, 0n),
};

export const arithmeticOperators: Record<string, Operator> = {
  Neg: unary('neg', { number: (x) => -x, bigint: (x) => -x }),
  Abs: unary('abs', { number: Math.abs, bigint: (x) => (x < 0n ? -x : x) }),
  Sqrt: unary('sqrt', { number: Math.sqrt }),
  Exp: unary('exp', { number: Math.exp }),
  Log: unary('log', { number: Math.log }),
  Reciprocal: unary('reciprocal', { number: (x) => 1 / x }),
  Floor: unary('floor', { number: Math.floor }),
  Ceil: unary('ceil', { number: Math.ceil }),
  Round: unary('round', { number: roundHalfToEven }),
  Sign: unary('sign', { number: Math.sign, bigint: (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n) }),
  Erf: unary('erf', {}),
  Sin: unary('sin', { number: Math.sin }),
  Cos: unary('cos', { number: Math.cos }),
  Tan: unary('tan', { number: Math.tan }),
  Atan: unary('atan', { number: Math.atan }),
  Asin: unary('asin', { number: Math.asin }),
  Acos: unary('acos', { number: Math.acos }),
  Sinh: unary('sinh', { number: Math.sinh }),
  Cosh: unary('cosh', { number: Math.cosh }),
  Asinh: unary('asinh', { number: Math.asinh }),
  Acosh: unary('acosh', { number: Math.acosh }),
  Atanh: unary('atanh', { number: Math.atanh }),
  Add: binary('add', add),
  Sub: binary('sub', { number: (x, y) => x - y, bigint: (x, y) => x - y }),
  Mul: binary('mul', { number: (x, y) => x * y, bigint: (x, y) => x * y }),
  Div: binary('div', { number: (x, y) => x / y, bigint: (x, y) => x / y }),
  Pow: power,
  Mod: remainder,
  Min: variadic('min', {
    number: Math.min,
    bigint: (...x) => x.reduce((least, value) => (value < least ? value : least)),
  }),
  Max: variadic('max', {
    number: Math.max,
    bigint: (...x) => x.reduce((most, value) => (value > most ? value : most)),
  }),
  Sum: variadic('add', add),
  Mean: variadic('add', { number: (...x) => x.reduce((sum, value) => sum + value, 0) / x.length }, true),
};
