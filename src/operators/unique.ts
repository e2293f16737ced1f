import { hasAttribute, intAttribute } from '../onnx/attribute';
import { elementCount, type Constant } from '../onnx/value';
import { axisAttribute } from './arguments';
import { bigintsOf, constantOf, isInteger, numbersOf, reshaped } from './elements';
import { hosted } from './hosted';
import { pick, stridedPositions, stridesOf } from './layout';
import type { Operator, OperatorCall } from './operator';

// https://onnx.ai/onnx/operators/onnx__Unique.html

/** A tensor seen as a list along an axis, or of all its elements. */
interface Listed {
  readonly x: Constant;
  readonly axis: number;
}

function listed(call: OperatorCall): Listed {
  const x = call.constant(0);
  if (!hasAttribute(call.node, 'axis')) return { x: reshaped(x, [elementCount(x.dims)]), axis: 0 };
  return { x, axis: axisAttribute(call, x.dims.length) };
}

/** The items of the list at some places. */
function itemsAt({ x, axis }: Listed, places: readonly number[]): Constant {
  const strides = stridesOf(x.dims);
  const dims = x.dims.with(axis, places.length);
  const starts = stridedPositions(dims.with(axis, 1), strides);
  const inner = strides[axis]!;
  // The first axes of `starts` are those before the list's.
  const outer = elementCount(dims.slice(0, axis));
  const positions = new Int32Array(elementCount(dims));
  let next = 0;
  for (let o = 0; o < outer; o++) {
    for (const place of places) {
      for (let i = 0; i < inner; i++) positions[next++] = starts[o * inner + i]! + place * inner;
    }
  }
  return pick(x, dims, positions);
}

function unique(call: OperatorCall): Constant[] {
  const list = listed(call);
  const { x, axis } = list;
  const length = x.dims[axis]!;
  const strides = stridesOf(x.dims);
  const starts = stridedPositions(x.dims.with(axis, 1), strides);
  const values: ArrayLike<number | bigint> = isInteger(x.type) ? bigintsOf(x) : numbersOf(x);
  const compare = (one: number, other: number) => {
    for (const start of starts) {
      const order = ascending(values[start + one * strides[axis]!]!, values[start + other * strides[axis]!]!);
      if (order !== 0) return order;
    }
    return 0;
  };
  const sorted = Array.from({ length }, (_, i) => i).sort((one, other) => compare(one, other) || one - other);
  /** Equal items, in order. */
  const groups: number[][] = [];
  for (const place of sorted) {
    const last = groups.at(-1);
    if (last && compare(last[0]!, place) === 0) last.push(place);
    else groups.push([place]);
  }
  if (intAttribute(call.node, 'sorted', 1) === 0) groups.sort(([one], [other]) => one! - other!);
  const inverse = new Array<number>(length);
  groups.forEach((group, index) => {
    for (const place of group) inverse[place] = index;
  });
  const firsts = groups.map(([first]) => first!);
  return [
    itemsAt(list, firsts),
    constantOf('int64', [groups.length], firsts),
    constantOf('int64', [length], inverse),
    constantOf(
      'int64',
      [groups.length],
      groups.map((group) => group.length),
    ),
  ];
}

/** NaN is the largest number, and equal to itself. */
function ascending(one: number | bigint, other: number | bigint): number {
  if (one < other) return -1;
  if (one > other) return 1;
  return Number(one !== one) - Number(other !== other);
}

export const uniqueOperators: Record<string, Operator> = {
  Unique: hosted(unique, 'No strings.'),
};
