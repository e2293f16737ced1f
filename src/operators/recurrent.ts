import { floatAttribute, floatsAttribute, hasAttribute, intAttribute, stringsAttribute } from '../onnx/attribute';
import type { ValueType } from '../onnx/value';
import type { UnaryName } from '../program/operation';
import { choiceAttribute, commonType, ranked, requireFloat } from './arguments';
import { constantOf, numbersOf } from './elements';
import { emitBinary, floats } from './emission';
import { pick, stridedPositions, stridesOf } from './layout';
import type { Lowering, ValueId } from './lowering';
import type { Operator, OperatorCall } from './operator';

// https://onnx.ai/onnx/operators/onnx__RNN.html, onnx__GRU.html, onnx__LSTM.html

type Cell = 'rnn' | 'gru' | 'lstm';

const gatesOf: Readonly<Record<Cell, number>> = { rnn: 1, gru: 3, lstm: 4 };
const defaultFunctions: Readonly<Record<Cell, readonly string[]>> = {
  rnn: ['Tanh'],
  gru: ['Sigmoid', 'Tanh'],
  lstm: ['Sigmoid', 'Tanh', 'Tanh'],
};

/** A function of a cell; a parameter that it has not is absent here, others have this value by default, as in onnxruntime. */
interface CellFunction {
  readonly function: UnaryName;
  readonly alpha?: number;
  readonly beta?: number;
}

const cellFunctions: ReadonlyMap<string, CellFunction> = new Map(
  Object.entries({
    relu: { function: 'relu' },
    tanh: { function: 'tanh' },
    sigmoid: { function: 'sigmoid' },
    softsign: { function: 'softsign' },
    softplus: { function: 'softplus' },
    affine: { function: 'linear', alpha: 0, beta: 0 },
    leakyrelu: { function: 'leakyRelu', alpha: 0.01 },
    thresholdedrelu: { function: 'thresholdedRelu', alpha: 0 },
    scaledtanh: { function: 'scaledTanh', alpha: 0, beta: 0 },
    hardsigmoid: { function: 'hardSigmoid', alpha: 0.2, beta: 0.5 },
    elu: { function: 'elu', alpha: 1 },
  } satisfies Record<string, CellFunction>),
);

/** A function with its parameters, for {@link cellFunctions}. */
interface Function {
  readonly name: UnaryName;
  readonly a: number;
  readonly b: number;
}

/** Whether each direction goes back in time. */
const directions = new Map([
  ['forward', [false]],
  ['reverse', [true]],
  ['bidirectional', [false, true]],
]);

interface Recurrence {
  readonly cell: Cell;
  readonly type: ValueType['type'];
  readonly steps: number;
  readonly batch: number;
  readonly depth: number;
  readonly hidden: number;
  /** Of its directions, whether each goes back in time. */
  readonly reverses: readonly boolean[];
  /** The batch is the first axis, not time. */
  readonly isBatchFirst: boolean;
}

function recurrence(call: OperatorCall, cell: Cell): Recurrence {
  const { node } = call;
  const x = ranked(call, 0, 3, 3).dims;
  const r = ranked(call, 2, 3, 3).dims;
  const layout = intAttribute(node, 'layout', 0);
  if (layout !== 0 && layout !== 1) call.fail('MODEL_INVALID', `layout ${layout} must be 0 or 1.`);
  const isBatchFirst = layout === 1;
  const reverses = choiceAttribute(call, 'direction', directions, 'forward');
  const [steps, batch] = isBatchFirst ? [x[1]!, x[0]!] : [x[0]!, x[1]!];
  const [depth, hidden] = [x[2]!, r[2]!];
  const [count, gates] = [reverses.length, gatesOf[cell]];
  if (hasAttribute(node, 'hidden_size') && intAttribute(node, 'hidden_size') !== hidden) {
    call.fail('SHAPE_MISMATCH', `hidden_size is ${intAttribute(node, 'hidden_size')}, but R has ${hidden} columns.`);
  }
  const state = isBatchFirst ? [batch, count, hidden] : [count, batch, hidden];
  const expected: readonly (readonly number[])[] = [
    x,
    [count, gates * hidden, depth],
    [count, gates * hidden, hidden],
    [count, 2 * gates * hidden],
    [batch],
    state,
    ...(cell === 'lstm' ? [state, [count, 3 * hidden]] : []),
  ];
  expected.forEach((dims, index) => {
    const given = call.inputs[index]?.dims;
    if (given && given.join() !== dims.join()) {
      call.fail('SHAPE_MISMATCH', `input ${index} is [${given.join(', ')}], not [${dims.join(', ')}].`);
    }
  });
  const lengths = call.inputs[4];
  if (lengths && lengths.type !== 'int32') {
    call.fail('TYPE_MISMATCH', `the lengths of the sequences must be int32, not ${lengths.type}.`);
  }
  const type = commonType(call, [0, 1, 2, 3, 5, 6, 7]);
  return { cell, type, steps, batch, depth, hidden, reverses, isBatchFirst };
}

function inferRecurrence(call: OperatorCall, cell: Cell): ValueType[] {
  const { type, steps, batch, hidden, reverses, isBatchFirst } = recurrence(call, cell);
  const count = reverses.length;
  const state: ValueType = { type, dims: isBatchFirst ? [batch, count, hidden] : [count, batch, hidden] };
  const dims = isBatchFirst ? [batch, steps, count, hidden] : [steps, count, batch, hidden];
  return [{ type, dims }, state, ...(cell === 'lstm' ? [state] : [])];
}

/** The functions of all directions, one after the other: each takes the next alpha and beta if it has such a parameter. */
function functionsOf(call: OperatorCall, { cell, reverses }: Recurrence): Function[] {
  const given = stringsAttribute(call.node, 'activations', []);
  const names = given.length > 0 ? given : reverses.flatMap(() => defaultFunctions[cell]);
  const count = reverses.length * defaultFunctions[cell].length;
  if (names.length !== count)
    call.fail('MODEL_INVALID', `there are ${names.length} activations where ${count} belong.`);
  const alphas = floatsAttribute(call.node, 'activation_alpha', []).values();
  const betas = floatsAttribute(call.node, 'activation_beta', []).values();
  const nextOf = (parameters: Iterator<number, undefined>, fallback: number | undefined): number => {
    if (fallback === undefined) return 0;
    const next = parameters.next();
    return next.done ? fallback : next.value;
  };
  return names.map((name) => {
    const known = cellFunctions.get(name.toLowerCase());
    if (!known) call.fail('OPERATOR_UNSUPPORTED', `the activation ${name} is not supported.`);
    return { name: known.function, a: nextOf(alphas, known.alpha), b: nextOf(betas, known.beta) };
  });
}

/** How a tensor is read from another: its dims, with the distance to the next element along each. */
interface Reading {
  readonly dims: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

/** Input `index`, read so. */
function read(
  call: OperatorCall,
  lowering: Lowering,
  index: number,
  { dims, strides, offset }: Reading,
): ValueId | undefined {
  const input = call.inputs[index];
  if (!input) return undefined;
  const { constant, type } = input;
  if (constant) {
    const rule = `part of a recurrent input, ${dims.join()}, ${strides.join()}, ${offset}`;
    return lowering.derived([rule, constant], () => pick(constant, dims, stridedPositions(dims, strides, offset)));
  }
  const part = lowering.temporary({ type, dims });
  lowering.emit('strided', [lowering.input(index)!], [part], { offset, strides });
  return part;
}

/** Dense elements from `offset` on. */
function dense(dims: readonly number[], offset: number): Reading {
  return { dims, strides: stridesOf(dims), offset };
}

/** The input with time first, as rows of a matrix. */
function rowsOf(call: OperatorCall, lowering: Lowering, { steps, batch, depth, isBatchFirst }: Recurrence): ValueId {
  const dims = [steps, batch, depth];
  const x = isBatchFirst
    ? read(call, lowering, 0, { dims, strides: [depth, steps * depth, 1], offset: 0 })!
    : lowering.input(0)!;
  return lowering.view(x, [steps * batch, depth]);
}

/** The biases of a direction: what is added to the products of the input, and what stays with the hidden gate of a gru. */
function biasesOf(
  call: OperatorCall,
  lowering: Lowering,
  { cell, hidden }: Recurrence,
  direction: number,
): [ofInput: ValueId | undefined, ofHidden: ValueId | undefined] {
  const biases = call.inputs[3];
  if (!biases) return [undefined, undefined];
  const count = gatesOf[cell] * hidden;
  const first = direction * 2 * count;
  const isSeparate = cell === 'gru' && intAttribute(call.node, 'linear_before_reset', 0) !== 0;
  const common = isSeparate ? count - hidden : count;
  const ofHidden = isSeparate ? read(call, lowering, 3, dense([hidden], first + count + common)) : undefined;
  const { constant } = biases;
  if (constant) {
    const ofInput = lowering.derived([`recurrent biases, ${first}, ${count}, ${common}`, constant], () => {
      const numbers = numbersOf(constant);
      const sums = Float64Array.from(
        { length: count },
        (_, i) => numbers[first + i]! + (i < common ? numbers[first + count + i]! : 0),
      );
      return constantOf('float32', [count], sums);
    });
    return [ofInput, ofHidden];
  }
  const sums = floats(lowering, [common]);
  const [ofW, ofR] = [first, first + count].map((offset) => read(call, lowering, 3, dense([common], offset))!);
  emitBinary(lowering, 'add', ofW!, ofR!, sums);
  if (!isSeparate) return [sums, ofHidden];
  const ofInput = floats(lowering, [count]);
  const rest = read(call, lowering, 3, dense([hidden], first + common))!;
  lowering.emit('concat', [sums, rest], [ofInput], { axis: 0 });
  return [ofInput, ofHidden];
}

/** The results of one direction: (T,B,H), (B,H) and, of an lstm, (B,H). */
function emitDirection(
  call: OperatorCall,
  lowering: Lowering,
  recurrence: Recurrence,
  rows: ValueId,
  direction: number,
): ValueId[] {
  const { cell, steps, batch, depth, hidden, reverses, isBatchFirst } = recurrence;
  const columns = gatesOf[cell] * hidden;
  const w = read(call, lowering, 1, dense([columns, depth], direction * columns * depth));
  const r = read(call, lowering, 2, dense([columns, hidden], direction * columns * hidden));
  const [bias, hiddenBias] = biasesOf(call, lowering, recurrence, direction);
  const products = floats(lowering, [steps * batch, columns]);
  lowering.emit('matmul', [rows, w, bias], [products], { transposeA: false, transposeB: true, alpha: 1 });
  const state = [batch, hidden];
  const given = (index: number) =>
    read(call, lowering, index, {
      dims: state,
      strides: [isBatchFirst ? reverses.length * hidden : hidden, 1],
      offset: direction * hidden * (isBatchFirst ? 1 : batch),
    });
  const isLstm = cell === 'lstm';
  const outputs = [[steps, batch, hidden], state, ...(isLstm ? [state] : [])].map((dims) => floats(lowering, dims));
  const own = defaultFunctions[cell].length;
  const [f, g = f, h = f] = functionsOf(call, recurrence).slice(direction * own, (direction + 1) * own) as [
    Function,
    Function?,
    Function?,
  ];
  lowering.emit(
    'recurrent',
    [
      lowering.view(products, [steps, batch, columns]),
      r,
      hiddenBias,
      lowering.input(4),
      given(5),
      isLstm ? given(6) : undefined,
      isLstm ? read(call, lowering, 7, dense([3 * hidden], direction * 3 * hidden)) : undefined,
    ],
    outputs,
    {
      cell,
      reverse: reverses[direction]!,
      linearBeforeReset: intAttribute(call.node, 'linear_before_reset', 0) !== 0,
      inputForget: intAttribute(call.node, 'input_forget', 0) !== 0,
      f: f.name,
      g: g.name,
      h: h.name,
      clip: clipOf(call),
      fA: f.a,
      fB: f.b,
      gA: g.a,
      gB: g.b,
      hA: h.a,
      hB: h.b,
    },
  );
  return outputs;
}

/** The attribute `clip`; 0 where nothing is limited. */
function clipOf(call: OperatorCall): number {
  if (!hasAttribute(call.node, 'clip')) return 0;
  const clip = floatAttribute(call.node, 'clip');
  if (!(clip > 0)) call.fail('MODEL_INVALID', `clip ${clip} must be positive.`);
  return clip;
}

function lowerRecurrence(call: OperatorCall, lowering: Lowering, cell: Cell): void {
  const recurrent = recurrence(call, cell);
  requireFloat(call, recurrent.type);
  const { steps, batch, hidden, reverses, isBatchFirst } = recurrent;
  const count = reverses.length;
  const rows = rowsOf(call, lowering, recurrent);
  const results = reverses.map((_, direction) => emitDirection(call, lowering, recurrent, rows, direction));
  // Results of both directions along an axis of their own.
  const joined = (index: number, one: readonly number[], axis: number, output: ValueId) => {
    const parts = results.map((outputs) => lowering.view(outputs[index]!, one));
    if (parts.length === 1) lowering.emit('alias', parts, [output]);
    else lowering.emit('concat', parts, [output], { axis });
  };
  const y = lowering.output(0);
  if (y !== undefined) {
    const one = [steps, 1, batch, hidden];
    if (!isBatchFirst) {
      joined(0, one, 1, y);
    } else {
      const all = floats(lowering, one.with(1, count));
      joined(0, one, 1, all);
      lowering.emit('strided', [all], [y], {
        offset: 0,
        strides: [hidden, count * batch * hidden, batch * hidden, 1],
      });
    }
  }
  for (let index = 1; index < results[0]!.length; index++) {
    const last = lowering.output(index);
    if (last === undefined) continue;
    joined(index, isBatchFirst ? [batch, 1, hidden] : [1, batch, hidden], isBatchFirst ? 1 : 0, last);
  }
}

function recurrent(cell: Cell): Operator {
  return {
    limits: 'Lengths beyond the end of the input count as its end.',
    infer: (call) => inferRecurrence(call, cell),
    lower: (call, lowering) => lowerRecurrence(call, lowering, cell),
  };
}

export const recurrentOperators: Record<string, Operator> = {
  RNN: recurrent('rnn'),
  GRU: recurrent('gru'),
  LSTM: recurrent('lstm'),
};
