import { stringAttribute } from '../onnx/attribute';
import { elementCount, type DataType, type ValueType } from '../onnx/value';
import { commonType, requireArithmetic } from './arguments';
import { parseEquation } from './einsum-equation';
import { isFloat } from './elements';
import { emitBinary, required } from './emission';
import { inferOne } from './inference';
import { stridesOf } from './layout';
import type { Lowering, ValueId } from './lowering';
import type { Operator, OperatorCall } from './operator';

// https://onnx.ai/onnx/operators/onnx__Einsum.html

interface Einsum extends ValueType {
  /** The label of each axis of each operand, and of the result. */
  readonly operands: readonly (readonly string[])[];
  readonly result: readonly string[];
  readonly sizes: ReadonlyMap<string, number>;
}

function einsum(call: OperatorCall): Einsum {
  const indices = call.inputs.map((_, index) => index);
  const shapes = indices.map((index) => call.input(index).dims);
  const type = commonType(call, indices);
  const equation = stringAttribute(call.node, 'equation', '');
  const parsed = parseEquation(
    equation,
    shapes.map(({ length }) => length),
  );
  if (typeof parsed === 'string') call.fail('MODEL_INVALID', `the equation '${equation}' ${parsed}.`);
  const sizes = new Map<string, number>();
  parsed.operands.forEach((labels, operand) => {
    labels.forEach((label, axis) => {
      const [size, other] = [shapes[operand]![axis]!, sizes.get(label) ?? 1];
      if (size !== 1 && other !== 1 && size !== other) {
        call.fail('SHAPE_MISMATCH', `the label '${label}' stands for ${other} elements and for ${size}.`);
      }
      sizes.set(label, size === 1 ? other : size);
    });
  });
  return { type, ...parsed, sizes, dims: parsed.result.map((label) => sizes.get(label)!) };
}

/** A value whose axes have different labels, each as long as its label says. */
interface Term {
  readonly value: ValueId;
  readonly labels: readonly string[];
}

/** Writes an Einsum as diagonals, sums, transposes and products of two operands. */
class EinsumLowering {
  constructor(
    private readonly lowering: Lowering,
    private readonly type: DataType,
    private readonly sizes: ReadonlyMap<string, number>,
  ) {}

  dimsOf(labels: readonly string[]): number[] {
    return labels.map((label) => this.sizes.get(label)!);
  }

  /** An operand without repeated labels, and without axes of 1 where the label is longer: these broadcast. */
  term(value: ValueId, dims: readonly number[], axes: readonly string[]): Term {
    const strides = stridesOf(dims);
    const labels = [...new Set(axes)].filter((label) =>
      axes.some((one, axis) => one === label && dims[axis] === this.sizes.get(label)),
    );
    const steps = labels.map((label) =>
      axes.reduce((sum, one, axis) => (one === label && dims[axis] !== 1 ? sum + strides[axis]! : sum), 0),
    );
    return { value: this.read(value, dims, labels, steps), labels };
  }

  /** Sums over the labels that are not in `wanted`. */
  keep({ value, labels }: Term, wanted: ReadonlySet<string>): Term {
    const kept = labels.filter((label) => wanted.has(label));
    const axes = labels.flatMap((label, axis) => (wanted.has(label) ? [] : [axis]));
    if (axes.length === 0) return { value, labels };
    const dims = this.dimsOf(labels).map((dim, axis) => (axes.includes(axis) ? 1 : dim));
    const sum = this.lowering.temporary({ type: this.type, dims });
    this.lowering.emit('reduce', [value], [sum], { function: 'sum', axes });
    return { value: this.lowering.view(sum, this.dimsOf(kept)), labels: kept };
  }

  /** The product of two terms, summed over their common labels that are not in `wanted`. */
  product(a: Term, b: Term, wanted: ReadonlySet<string>): Term {
    const [left, right] = [this.keep(a, union(wanted, b.labels)), this.keep(b, union(wanted, a.labels))];
    const shared = left.labels.filter((label) => right.labels.includes(label));
    const batch = shared.filter((label) => wanted.has(label));
    const summed = shared.filter((label) => !wanted.has(label));
    const rows = left.labels.filter((label) => !shared.includes(label));
    const columns = right.labels.filter((label) => !shared.includes(label));
    const labels = [...batch, ...rows, ...columns];
    const [batches, depth] = [this.count(batch), this.count(summed)];
    if (summed.length > 0 && isFloat(this.type)) {
      const product = this.lowering.temporary({
        type: this.type,
        dims: [batches, this.count(rows), this.count(columns)],
      });
      const first = this.ordered(left, [...batch, ...rows, ...summed], [batches, this.count(rows), depth]);
      const second = this.ordered(right, [...batch, ...summed, ...columns], [batches, depth, this.count(columns)]);
      this.lowering.emit('matmul', [first, second], [product], { transposeA: false, transposeB: false, alpha: 1 });
      return { value: this.lowering.view(product, this.dimsOf(labels)), labels };
    }
    const dims = [batches, this.count(rows), this.count(columns), depth];
    const first = this.ordered(left, [...batch, ...rows, ...summed], dims.with(2, 1));
    const second = this.ordered(right, [...batch, ...columns, ...summed], dims.with(1, 1));
    const product = this.lowering.temporary({ type: this.type, dims });
    emitBinary(this.lowering, 'mul', first, second, product);
    const all = [...labels, ...summed];
    return this.keep({ value: this.lowering.view(product, this.dimsOf(all)), labels: all }, wanted);
  }

  /** The term with its axes in another order, viewed with `dims`. */
  ordered({ value, labels }: Term, order: readonly string[], dims = this.dimsOf(order)): ValueId {
    const from = this.dimsOf(labels);
    const strides = stridesOf(from);
    const steps = order.map((label) => strides[labels.indexOf(label)]!);
    return this.lowering.view(this.read(value, from, order, steps), dims);
  }

  /** A value of `dims` read with these strides; a view where they are dense. */
  private read(
    value: ValueId,
    dims: readonly number[],
    labels: readonly string[],
    strides: readonly number[],
  ): ValueId {
    const target = this.dimsOf(labels);
    const dense = stridesOf(target);
    const lies = target.every((dim, axis) => dim === 1 || strides[axis] === dense[axis]);
    if (lies && elementCount(target) === elementCount(dims)) return this.lowering.view(value, target);
    const result = this.lowering.temporary({ type: this.type, dims: target });
    this.lowering.emit('strided', [value], [result], { offset: 0, strides });
    return result;
  }

  private count(labels: readonly string[]): number {
    return elementCount(this.dimsOf(labels));
  }
}

function union(some: ReadonlySet<string>, more: readonly string[]): Set<string> {
  return new Set([...some, ...more]);
}

function lowerEinsum(call: OperatorCall, lowering: Lowering): void {
  const { type, operands, result, sizes } = einsum(call);
  requireArithmetic(call, type);
  const output = lowering.output(0);
  if (output === undefined) return;
  const writer = new EinsumLowering(lowering, type, sizes);
  const terms = operands.map((labels, index) =>
    writer.term(required(call, lowering, index), call.input(index).dims, labels),
  );
  // Labels wanted after each operand: those of the result and of the following operands.
  const wantedAfter = terms.map((_, index) => new Set([...result, ...terms.slice(index + 1).flatMap((t) => t.labels)]));
  const joint = terms
    .slice(1)
    .reduce((sofar, term, index) => writer.product(sofar, term, wantedAfter[index + 1]!), terms[0]!);
  lowering.emit('alias', [writer.ordered(writer.keep(joint, new Set(result)), result)], [output]);
}

export const einsumOperators: Record<string, Operator> = {
  Einsum: { infer: inferOne(einsum), lower: lowerEinsum },
};
