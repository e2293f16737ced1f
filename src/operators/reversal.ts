import { intAttribute } from '../onnx/attribute';
import { elementCount, type Constant, type ValueType } from '../onnx/value';
import type { BinaryName } from '../program/operation';
import { ranked, requireTabular } from './arguments';
import { constantOf, numbersOf } from './elements';
import { emitAs, emitBinary, positions, required } from './emission';
import { foldable } from './folding';
import { inferOne } from './inference';
import { pick } from './layout';
import type { Lowering, ValueId } from './lowering';
import type { Operator, OperatorCall } from './operator';

// https://onnx.ai/onnx/operators/onnx__ReverseSequence.html

/** The first two axes of the input, in either order. */
interface Reversal extends ValueType {
  readonly steps: number;
  readonly batch: number;
  readonly timeAxis: 0 | 1;
}

function reversal(call: OperatorCall): Reversal {
  const { type, dims } = ranked(call, 0, 2);
  const timeAxis = intAttribute(call.node, 'time_axis', 0);
  const batchAxis = intAttribute(call.node, 'batch_axis', 1);
  if (!((timeAxis === 0 && batchAxis === 1) || (timeAxis === 1 && batchAxis === 0))) {
    call.fail('MODEL_INVALID', `time_axis ${timeAxis} and batch_axis ${batchAxis} must be 0 and 1, or 1 and 0.`);
  }
  const [steps, batch] = [dims[timeAxis]!, dims[batchAxis]!];
  const lengths = ranked(call, 1, 1, 1);
  if (lengths.type !== 'int64') call.fail('TYPE_MISMATCH', `the lengths must be int64, not ${lengths.type}.`);
  if (lengths.dims[0] !== batch) {
    call.fail('SHAPE_MISMATCH', `there are ${lengths.dims[0]} lengths for ${batch} sequences.`);
  }
  return { type, dims, steps, batch, timeAxis };
}

/** The source of each element of the first two axes, flattened. Lengths are limited to that of the axis. */
function sources({ steps, batch, timeAxis }: Reversal, lengths: Constant): Int32Array {
  const numbers = numbersOf(lengths);
  const [timeStride, batchStride] = timeAxis === 0 ? [batch, 1] : [1, steps];
  const from = new Int32Array(steps * batch);
  for (let sequence = 0; sequence < batch; sequence++) {
    const length = Math.min(numbers[sequence]!, steps);
    for (let step = 0; step < steps; step++) {
      const source = step < length ? length - 1 - step : step;
      from[step * timeStride + sequence * batchStride] = source * timeStride + sequence * batchStride;
    }
  }
  return from;
}

function foldReversal(call: OperatorCall): Constant[] | undefined {
  const reversed = reversal(call);
  const { dims } = reversed;
  const constants = foldable(call, elementCount(dims)) as Constant[] | undefined;
  if (!constants) return undefined;
  const [x, lengths] = constants as [Constant, Constant];
  const from = sources(reversed, lengths);
  const inner = elementCount(dims.slice(2));
  const positions = new Int32Array(elementCount(dims));
  for (let i = 0; i < positions.length; i++) positions[i] = from[Math.floor(i / inner)]! * inner + (i % inner);
  return [pick(x, dims, positions)];
}

/** Indices into the first two axes, flattened, for lengths that the run computes. */
function emitSources(call: OperatorCall, lowering: Lowering, { steps, batch, timeAxis }: Reversal): ValueId {
  const batchAxis = 1 - timeAxis;
  const both = [steps, steps].with(batchAxis, batch);
  const perSequence = [1, 1].with(batchAxis, batch);
  const binary = (name: BinaryName, a: ValueId, b: ValueId, dims: readonly number[]) => {
    const result = lowering.temporary({ type: 'int64', dims });
    emitBinary(lowering, name, a, b, result);
    return result;
  };
  const number = (value: number) => lowering.constant(constantOf('int64', [], [value]));
  const length = binary('min', lowering.view(required(call, lowering, 1), perSequence), number(steps), perSequence);
  const step = positions(lowering, { type: 'int64', count: steps, rank: 2, axis: timeAxis });
  const isInside = lowering.temporary({ type: 'bool', dims: both });
  lowering.emit('compare', [step, length], [isInside], { function: 'less' });
  const mirrored = binary('sub', binary('sub', length, number(1), perSequence), step, both);
  const source = lowering.temporary({ type: 'int64', dims: both });
  lowering.emit('select', [isInside, mirrored, step], [source]);
  const sequence = positions(lowering, { type: 'int64', count: batch, rank: 2, axis: batchAxis });
  return timeAxis === 0
    ? binary('add', binary('mul', source, number(batch), both), sequence, both)
    : binary('add', source, binary('mul', sequence, number(steps), perSequence), both);
}

/** Gathers along both axes at once. */
function lowerReversal(call: OperatorCall, lowering: Lowering): void {
  const reversed = reversal(call);
  const { type, dims, steps, batch } = reversed;
  const count = steps * batch;
  requireTabular(call, count);
  const output = lowering.output(0);
  if (output === undefined) return;
  const lengths = call.input(1).constant;
  const from = lengths
    ? lowering.constant({ type: 'int32', dims: [count], data: sources(reversed, lengths) })
    : lowering.view(emitSources(call, lowering, reversed), [count]);
  const flat = [count, ...dims.slice(2)];
  emitAs(lowering, output, dims, { type, dims: flat }, (target) =>
    lowering.emit('gather', [lowering.view(required(call, lowering, 0), flat), from], [target], { axis: 0 }),
  );
}

export const reversalOperators: Record<string, Operator> = {
  ReverseSequence: { infer: inferOne(reversal), fold: foldReversal, lower: lowerReversal },
};
