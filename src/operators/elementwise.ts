import { elementCount, type Constant, type DataType } from '../onnx/value';
import { broadcastInputs } from './broadcast';
import { bigintsOf, constantOf, isInteger, numbersOf } from './elements';
import { foldable } from './folding';
import { broadcastStrides, stridedPositions } from './layout';
import type { OperatorCall } from './operator';

/** A function of one element of each input, on floats and on integers; absent where it is not defined. */
export interface ElementFunction {
  readonly number?: (...x: number[]) => number | boolean;
  /** Exact; may throw RangeError where ONNX leaves the result open (division by zero). */
  readonly bigint?: (...x: bigint[]) => bigint | boolean;
}

/** Applies a function to the elements of all inputs, which are broadcast together; `undefined` where they are not known. */
export function foldElementwise(call: OperatorCall, type: DataType, f: ElementFunction): Constant[] | undefined {
  if (call.inputs.some((input) => input && !input.constant)) return undefined;
  const indices = call.inputs.map((_, index) => index);
  const dims = broadcastInputs(call, indices);
  const count = elementCount(dims);
  const constants = foldable(call, count) as Constant[] | undefined;
  if (!constants || constants.some((constant) => constant.type === 'string')) return undefined;
  const exact = constants.every((constant) => isInteger(constant.type));
  const result = exact
    ? apply(f.bigint, operandsOf(constants, bigintsOf), dims, new BigInt64Array(count), BigInt)
    : apply(f.number, operandsOf(constants, numbersOf), dims, new Float64Array(count), Number);
  return result && [constantOf(type, dims, result)];
}

interface Operand<T> {
  readonly elements: ArrayLike<T>;
  readonly dims: readonly number[];
}

function operandsOf<T>(
  constants: readonly Constant[],
  elementsOf: (constant: Constant) => ArrayLike<T>,
): readonly Operand<T>[] {
  return constants.map((constant) => ({ elements: elementsOf(constant), dims: constant.dims }));
}

function apply<T extends number | bigint>(
  f: ((...x: T[]) => T | boolean) | undefined,
  inputs: readonly Operand<T>[],
  dims: readonly number[],
  /** Where results go; elements beyond 64 bits wrap. */
  result: { [index: number]: number | bigint },
  stored: (value: T | boolean) => number | bigint,
): ArrayLike<number | bigint> | undefined {
  if (!f) return undefined;
  const operands = inputs.map(({ elements }) => elements);
  const positions = inputs.map((input) => stridedPositions(dims, broadcastStrides(input.dims, dims)));
  const count = elementCount(dims);
  const [x, y] = operands;
  const [atX, atY] = positions;
  try {
    if (operands.length === 1) {
      for (let i = 0; i < count; i++) result[i] = stored(f(x![atX![i]!]!));
    } else if (operands.length === 2) {
      for (let i = 0; i < count; i++) result[i] = stored(f(x![atX![i]!]!, y![atY![i]!]!));
    } else {
      for (let i = 0; i < count; i++) {
        result[i] = stored(f(...operands.map((elements, k) => elements[positions[k]![i]!]!)));
      }
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  return result as unknown as ArrayLike<number | bigint>;
}
