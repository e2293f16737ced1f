import { hasAttribute, intAttribute, intsAttribute, stringAttribute } from '../onnx/attribute';
import { dataTypeOf } from '../onnx/tensor';
import type { DataType, KnownValue } from '../onnx/value';
import { isFloat, isInteger, numbersOf } from './elements';
import type { OperatorCall } from './operator';

// Arguments of operators from their inputs and attributes: axes, sizes, scalars.

/** Integers of an input that must be known before the run. */
export function integers(call: OperatorCall, index: number): number[] {
  const constant = call.constant(index);
  if (!isInteger(constant.type)) call.fail('TYPE_MISMATCH', `input ${index} must hold integers, not ${constant.type}.`);
  return Array.from(numbersOf(constant));
}

/** Integers that newer operator sets take as input `index` and older ones as attribute `name`. */
export function integersArgument(call: OperatorCall, index: number, name: string): number[] | undefined {
  if (call.inputs[index]) return integers(call, index);
  return hasAttribute(call.node, name) ? intsAttribute(call.node, name) : undefined;
}

/** The one number of an input that must be known before the run; `fallback` where it is absent. */
export function scalar(call: OperatorCall, index: number, fallback?: number): number {
  if (!call.inputs[index] && fallback !== undefined) return fallback;
  const numbers = numbersOf(call.constant(index));
  if (numbers.length !== 1) call.fail('SHAPE_MISMATCH', `input ${index} must hold one number.`);
  return numbers[0]!;
}

/** An axis in [0, rank), from one in [-rank, rank). */
export function normalizeAxis(call: OperatorCall, axis: number, rank: number): number {
  if (axis < -rank || axis >= rank) {
    call.fail('SHAPE_MISMATCH', `axis ${axis} is outside a tensor of rank ${rank}.`);
  }
  return axis < 0 ? axis + rank : axis;
}

/** Distinct axes in [0, rank), in the order given. */
export function normalizeAxes(call: OperatorCall, axes: readonly number[], rank: number): number[] {
  const result = axes.map((axis) => normalizeAxis(call, axis, rank));
  if (new Set(result).size !== result.length) call.fail('MODEL_INVALID', `axes [${axes.join(', ')}] repeat.`);
  return result;
}

/** Attribute `axis`, within a tensor of `rank`. */
export function axisAttribute(call: OperatorCall, rank: number, fallback?: number): number {
  return normalizeAxis(call, intAttribute(call.node, 'axis', fallback), rank);
}

/** Names that stand for themselves, for {@link choiceAttribute}. */
export function choicesOf<Name extends string>(names: readonly Name[]): ReadonlyMap<string, Name> {
  return new Map(names.map((name) => [name, name]));
}

/** The choice that an attribute names. Throws MODEL_INVALID where there is none of its name. */
export function choiceAttribute<Choice>(
  call: OperatorCall,
  name: string,
  choices: ReadonlyMap<string, Choice>,
  fallback: string,
): Choice {
  const value = stringAttribute(call.node, name, fallback);
  const choice = choices.get(value);
  if (choice === undefined) {
    call.fail('MODEL_INVALID', `${name} '${value}' is not one of ${[...choices.keys()].join(', ')}.`);
  }
  return choice;
}

/** Input `index`, of at least (or exactly) the rank that the operator needs. */
export function ranked(call: OperatorCall, index: number, least: number, most = Infinity): KnownValue {
  const value = call.input(index);
  const rank = value.dims.length;
  if (rank < least || rank > most) {
    const wanted = least === most ? `${least}` : most === Infinity ? `${least} or more` : `${least} to ${most}`;
    call.fail('SHAPE_MISMATCH', `input ${index} must have rank ${wanted}, not ${rank}.`);
  }
  return value;
}

/** The common type of some inputs; absent ones do not count. */
export function commonType(call: OperatorCall, indices: readonly number[]): DataType {
  let common: DataType | undefined;
  for (const index of indices) {
    const type = call.inputs[index]?.type;
    if (type === undefined || type === common) continue;
    if (common !== undefined) return failMixed(call, indices);
    common = type;
  }
  return common ?? failMixed(call, indices);
}

function failMixed(call: OperatorCall, indices: readonly number[]): never {
  const types = new Set(indices.flatMap((index) => call.inputs[index]?.type ?? []));
  return call.fail('TYPE_MISMATCH', `the inputs mix element types ${[...types].join(' and ')}.`);
}

/** The element type that an attribute names by its number. */
export function typeAttribute(call: OperatorCall, name: string): DataType {
  const code = intAttribute(call.node, name);
  const type = dataTypeOf(code);
  // All but UNDEFINED are types of ONNX.
  if (code <= 0) call.fail('MODEL_INVALID', `${code} of attribute '${name}' is no element type.`);
  if (!type) call.fail('OPERATOR_UNSUPPORTED', `element type ${code} of attribute '${name}' is not supported.`);
  return type;
}

/** Refuses tables over an axis so long that the model is surely wrong. */
export function requireTabular(call: OperatorCall, length: number): void {
  if (!(length <= 2 ** 22)) call.fail('OPERATOR_UNSUPPORTED', `an axis of ${length} elements is not supported.`);
}

/** Refuses types other than floats, int64 and int32: the engine holds other integers in wider types, which do not wrap as they do. */
export function requireArithmetic(call: OperatorCall, type: DataType): void {
  if (!isFloat(type) && type !== 'int64' && type !== 'int32') {
    call.fail(
      'OPERATOR_UNSUPPORTED',
      `the engine runs it on floats, int64 and int32, not on ${type}.`,
      'Cast the input to one of these.',
    );
  }
}

/** Refuses types other than floats. */
export function requireFloat(call: OperatorCall, type: DataType): void {
  if (!isFloat(type)) {
    call.fail('OPERATOR_UNSUPPORTED', `the engine runs it on floats, not on ${type}.`, 'Cast the input to float.');
  }
}
