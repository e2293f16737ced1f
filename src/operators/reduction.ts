import { intAttribute } from '../onnx/attribute';
import { elementCount, type Constant, type ValueType } from '../onnx/value';
import type { ReduceName } from '../program/operation';
import { axisAttribute, integersArgument, normalizeAxes, requireArithmetic, requireFloat } from './arguments';
import { bigintsOf, constantOf, isInteger, numbersOf, wrapped } from './elements';
import { emitAs, required } from './emission';
import { foldable } from './folding';
import { inferOne } from './inference';
import { stridedPositions, stridesOf } from './layout';
import type { Lowering } from './lowering';
import type { Operator, OperatorCall } from './operator';

// https://onnx.ai/onnx/operators/onnx__ReduceSum.html and its like, onnx__ArgMax.html

interface Reduction extends ValueType {
  readonly axes: readonly number[];
  /** Dims with the reduced axes as 1. */
  readonly kept: readonly number[];
}

function reduced(dims: readonly number[], axes: readonly number[], keep: boolean): { kept: number[]; dims: number[] } {
  const kept = dims.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  return { kept, dims: keep ? kept : dims.filter((_, axis) => !axes.includes(axis)) };
}

function reduction(call: OperatorCall): Reduction {
  const { type, dims } = call.input(0);
  const given = integersArgument(call, 1, 'axes') ?? [];
  const every = given.length === 0 && intAttribute(call.node, 'noop_with_empty_axes', 0) === 0;
  const axes = every ? dims.map((_, axis) => axis) : normalizeAxes(call, given, dims.length);
  return { type, axes, ...reduced(dims, axes, intAttribute(call.node, 'keepdims', 1) !== 0) };
}

/** A reduction of a list of elements to one. */
interface Fold {
  readonly number: (x: readonly number[]) => number;
  readonly bigint?: (x: readonly bigint[]) => bigint;
}

function foldReduction(call: OperatorCall, f: Fold): Constant[] | undefined {
  const { type, dims, axes, kept } = reduction(call);
  const x = foldable(call, elementCount(dims))?.[0];
  if (!x || type === 'string' || x.data.length === 0) return undefined;
  const strides = stridesOf(x.dims);
  const starts = stridedPositions(kept, strides);
  const steps = stridedPositions(
    axes.map((axis) => x.dims[axis]!),
    axes.map((axis) => strides[axis]!),
  );
  const gather = <T>(elements: ArrayLike<T>, start: number) => Array.from(steps, (step) => elements[start + step]!);
  if (isInteger(type)) {
    if (!f.bigint) return undefined;
    const elements = bigintsOf(x);
    return [
      constantOf(
        type,
        dims,
        Array.from(starts, (start) => f.bigint!(gather(elements, start))),
      ),
    ];
  }
  const elements = numbersOf(x);
  return [
    constantOf(
      type,
      dims,
      Array.from(starts, (start) => f.number(gather(elements, start))),
    ),
  ];
}

/** Reductions that the engine has for floats only. */
const ofFloats: ReadonlySet<ReduceName> = new Set(['l2', 'logSum', 'logSumExp']);

function lowerReduction(name: ReduceName) {
  return (call: OperatorCall, lowering: Lowering): void => {
    const { type, dims, axes, kept } = reduction(call);
    if (ofFloats.has(name)) requireFloat(call, type);
    else requireArithmetic(call, type);
    const output = lowering.output(0);
    if (output === undefined) return;
    const x = required(call, lowering, 0);
    if (axes.length === 0) {
      // Every element is reduced alone: over a further axis of 1.
      const alone = [...dims, 1];
      emitAs(lowering, output, dims, { type, dims: alone }, (target) =>
        lowering.emit('reduce', [lowering.view(x, alone)], [target], { function: name, axes: [dims.length] }),
      );
      return;
    }
    emitAs(lowering, output, dims, { type, dims: kept }, (target) =>
      lowering.emit('reduce', [x], [target], { function: name, axes }),
    );
  };
}

function reduce(name: ReduceName, f: Fold): Operator {
  return { infer: inferOne(reduction), fold: (call) => foldReduction(call, f), lower: lowerReduction(name) };
}

function argReduction(call: OperatorCall): Reduction {
  const { dims } = call.input(0);
  const axis = axisAttribute(call, dims.length, 0);
  return { type: 'int64', axes: [axis], ...reduced(dims, [axis], intAttribute(call.node, 'keepdims', 1) !== 0) };
}

function argReduce(least: boolean): Operator {
  return {
    infer: inferOne(argReduction),
    lower: (call, lowering) => {
      const { type, dims, axes, kept } = argReduction(call);
      requireFloat(call, call.input(0).type);
      const output = lowering.output(0);
      if (output === undefined) return;
      const x = required(call, lowering, 0);
      const selectLast = intAttribute(call.node, 'select_last_index', 0) !== 0;
      emitAs(lowering, output, dims, { type, dims: kept }, (target) =>
        lowering.emit('argReduce', [x], [target], { axis: axes[0]!, extreme: least ? 'min' : 'max', selectLast }),
      );
    },
  };
}

const sum = (x: readonly number[]) => x.reduce((total, value) => total + value, 0);
const exactSum = (x: readonly bigint[]) => x.reduce((total, value) => total + value, 0n);
const absolute = (value: bigint) => (value < 0n ? -value : value);

/** By reduce, since Math.max takes a limited number of arguments. NaN wins. */
function best<T extends number | bigint>(better: (a: T, b: T) => boolean): (x: readonly T[]) => T {
  return (x) => x.reduce((winner, value) => (better(value, winner) || value !== value ? value : winner));
}

export const reductionOperators: Record<string, Operator> = {
  ReduceSum: reduce('sum', { number: sum, bigint: exactSum }),
  ReduceMean: reduce('mean', {
    number: (x) => sum(x) / x.length,
    bigint: (x) => exactSum(x) / BigInt(x.length),
  }),
  ReduceMax: reduce('max', { number: best((a, b) => a > b), bigint: best((a, b) => a > b) }),
  ReduceMin: reduce('min', { number: best((a, b) => a < b), bigint: best((a, b) => a < b) }),
  ReduceProd: reduce('prod', {
    number: (x) => x.reduce((product, value) => product * value, 1),
    bigint: (x) => x.reduce((product, value) => wrapped(product * value), 1n),
  }),
  ReduceL1: reduce('l1', {
    number: (x) => sum(x.map(Math.abs)),
    bigint: (x) => exactSum(x.map(absolute)),
  }),
  ReduceL2: reduce('l2', { number: (x) => Math.sqrt(sum(x.map((value) => value * value))) }),
  ReduceSumSquare: reduce('sumSquare', {
    number: (x) => sum(x.map((value) => value * value)),
    bigint: (x) => exactSum(x.map((value) => value * value)),
  }),
  ReduceLogSum: reduce('logSum', { number: (x) => Math.log(sum(x)) }),
  ReduceLogSumExp: reduce('logSumExp', {
    number: (x) => {
      const most = best<number>((a, b) => a > b)(x);
      return Number.isFinite(most) ? most + Math.log(sum(x.map((value) => Math.exp(value - most)))) : most;
    },
  }),
  ArgMax: argReduce(false),
  ArgMin: argReduce(true),
};
