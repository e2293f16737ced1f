import { intAttribute } from '../onnx/attribute';
import { elementCount, type Constant, type ValueType } from '../onnx/value';
import { nativeTypeOf } from '../program/constant-pool';
import { normalizeAxis, ranked, requireFloat, requireTabular, scalar } from './arguments';
import { constantOf, newElements, numbersOf } from './elements';
import { foldElementwise } from './elementwise';
import { emitBinary, emitUnary, positions, required } from './emission';
import { foldable } from './folding';
import { inferOne } from './inference';
import { pick, stridesOf } from './layout';
import type { Lowering, ValueId } from './lowering';
import type { Operator, OperatorCall } from './operator';

// Operators that compute masks, or use them.
// https://onnx.ai/onnx/operators/onnx__IsNaN.html, onnx__IsInf.html, onnx__OneHot.html, onnx__Trilu.html

function truth(call: OperatorCall): ValueType {
  return { type: 'bool', dims: call.input(0).dims };
}

/** NaN alone differs from itself. */
function lowerIsNaN(call: OperatorCall, lowering: Lowering): void {
  const { type, dims } = call.input(0);
  requireFloat(call, type);
  const output = lowering.output(0);
  if (output === undefined) return;
  const x = required(call, lowering, 0);
  const isNumber = lowering.temporary({ type: 'bool', dims });
  lowering.emit('compare', [x, x], [isNumber], { function: 'equal' });
  const no = lowering.constant(constantOf('bool', [], [0]));
  lowering.emit('compare', [isNumber, no], [output], { function: 'equal' });
}

function detectedInfinities(call: OperatorCall): { above: boolean; below: boolean } {
  return {
    above: intAttribute(call.node, 'detect_positive', 1) !== 0,
    below: intAttribute(call.node, 'detect_negative', 1) !== 0,
  };
}

function foldIsInf(call: OperatorCall): Constant[] | undefined {
  const { above, below } = detectedInfinities(call);
  return foldElementwise(call, 'bool', { number: (x) => (above && x === Infinity) || (below && x === -Infinity) });
}

function lowerIsInf(call: OperatorCall, lowering: Lowering): void {
  const { type, dims } = call.input(0);
  requireFloat(call, type);
  const output = lowering.output(0);
  if (output === undefined) return;
  const { above, below } = detectedInfinities(call);
  let x = required(call, lowering, 0);
  if (above && below) {
    const size = lowering.temporary({ type, dims });
    emitUnary(lowering, 'abs', x, size);
    x = size;
  }
  const infinity = lowering.constant(constantOf('float32', [], [above ? Infinity : -Infinity]));
  // No number is less than -Infinity: all false.
  const comparison = above || below ? 'equal' : 'less';
  lowering.emit('compare', [x, infinity], [output], { function: comparison });
}

interface OneHot extends ValueType {
  readonly axis: number;
  readonly depth: number;
}

function oneHot(call: OperatorCall): OneHot {
  const { dims } = call.input(0);
  const depth = Math.trunc(scalar(call, 1));
  if (!(depth >= 1)) call.fail('SHAPE_MISMATCH', `a depth of ${depth} holds no element.`);
  requireTabular(call, depth);
  const values = ranked(call, 2, 1, 1);
  if (values.dims[0] !== 2) call.fail('SHAPE_MISMATCH', `there are ${values.dims[0]} values, not off and on.`);
  const axis = normalizeAxis(call, intAttribute(call.node, 'axis', -1), dims.length + 1);
  return { type: values.type, axis, depth, dims: [...dims.slice(0, axis), depth, ...dims.slice(axis)] };
}

function foldOneHot(call: OperatorCall): Constant[] | undefined {
  const { dims, axis, depth } = oneHot(call);
  const constants = foldable(call, elementCount(dims)) as Constant[] | undefined;
  if (!constants) return undefined;
  const [indices, , values] = constants as [Constant, Constant, Constant];
  const inner = stridesOf(dims)[axis]!;
  const numbers = numbersOf(indices);
  const hits = new Uint8Array(elementCount(dims));
  for (let i = 0; i < numbers.length; i++) {
    const index = Math.trunc(numbers[i]!) + (numbers[i]! < 0 ? depth : 0);
    if (index < 0 || index >= depth) continue;
    hits[(Math.floor(i / inner) * depth + index) * inner + (i % inner)] = 1;
  }
  return [pick(values, dims, hits)];
}

/** Compares each index with each position, and takes `on` where they are equal. */
function lowerOneHot(call: OperatorCall, lowering: Lowering): void {
  const { type, dims, axis, depth } = oneHot(call);
  const output = lowering.output(0);
  if (output === undefined) return;
  const narrow = dims.with(axis, 1);
  const native = nativeTypeOf(call.input(0).type);
  const indexType = native === 'int32' ? 'int32' : 'int64';
  let index = lowering.view(required(call, lowering, 0), narrow);
  if (native !== indexType) {
    const whole = lowering.temporary({ type: indexType, dims: narrow });
    lowering.emit('cast', [index], [whole]);
    index = whole;
  }
  const number = (value: number) => lowering.constant(constantOf(indexType, [], [value]));
  const isNegative = lowering.temporary({ type: 'bool', dims: narrow });
  lowering.emit('compare', [index, number(0)], [isNegative], { function: 'less' });
  const fromEnd = lowering.temporary({ type: indexType, dims: narrow });
  emitBinary(lowering, 'add', index, number(depth), fromEnd);
  const place = lowering.temporary({ type: indexType, dims: narrow });
  lowering.emit('select', [isNegative, fromEnd, index], [place]);
  const hit = lowering.temporary({ type: 'bool', dims });
  const places = positions(lowering, { type: indexType, count: depth, rank: dims.length, axis });
  lowering.emit('compare', [place, places], [hit], { function: 'equal' });
  const values = required(call, lowering, 2);
  const [off, on] = [0, 1].map((at) => {
    const value = lowering.temporary({ type, dims: [] });
    lowering.emit('strided', [values], [value], { offset: at, strides: [] });
    return value;
  }) as [ValueId, ValueId];
  lowering.emit('select', [hit, on, off], [output]);
}

interface Triangle extends ValueType {
  readonly rows: number;
  readonly columns: number;
  /** The diagonal on which the triangle ends: 0 is the main one, 1 that above. */
  readonly shift: number;
  readonly upper: boolean;
}

function triangle(call: OperatorCall): Triangle {
  const { type, dims } = ranked(call, 0, 2);
  const [rows, columns] = dims.slice(-2) as [number, number];
  const given = scalar(call, 1, 0);
  // Beyond the corners, the result is the same.
  const shift = Math.min(Math.max(given, -rows), columns);
  return { type, dims, rows, columns, shift, upper: intAttribute(call.node, 'upper', 1) !== 0 };
}

function foldTriangle(call: OperatorCall): Constant[] | undefined {
  const { type, dims, rows, columns, shift, upper } = triangle(call);
  const x = foldable(call, elementCount(dims))?.[0];
  if (!x) return undefined;
  const data = newElements(type, x.data.length);
  for (let i = 0; i < data.length; i++) {
    const [row, column] = [Math.floor(i / columns) % rows, i % columns];
    if (upper ? column >= row + shift : column <= row + shift) data[i] = x.data[i]!;
  }
  return [{ type, dims, data }];
}

function lowerTriangle(call: OperatorCall, lowering: Lowering): void {
  const { type, rows, columns, shift, upper } = triangle(call);
  requireTabular(call, rows);
  requireTabular(call, columns);
  const output = lowering.output(0);
  if (output === undefined) return;
  const kept = lowering.temporary({ type: 'bool', dims: [rows, columns] });
  const row = positions(lowering, { type: 'int32', count: rows, rank: 2, axis: 0, first: shift });
  const column = positions(lowering, { type: 'int32', count: columns, rank: 2, axis: 1 });
  lowering.emit('compare', [column, row], [kept], { function: upper ? 'greaterOrEqual' : 'lessOrEqual' });
  const zero = lowering.constant(constantOf(type, [], [0]));
  lowering.emit('select', [kept, required(call, lowering, 0), zero], [output]);
}

export const maskingOperators: Record<string, Operator> = {
  IsNaN: {
    infer: inferOne(truth),
    fold: (call) => foldElementwise(call, 'bool', { number: (x) => x !== x }),
    lower: lowerIsNaN,
  },
  IsInf: { infer: inferOne(truth), fold: foldIsInf, lower: lowerIsInf },
  OneHot: {
    infer: inferOne(oneHot),
    fold: foldOneHot,
    lower: lowerOneHot,
    limits: 'The depth is known before the run.',
  },
  Trilu: {
    infer: inferOne(triangle),
    fold: foldTriangle,
    lower: lowerTriangle,
    limits: 'The diagonal is known before the run.',
  },
};
