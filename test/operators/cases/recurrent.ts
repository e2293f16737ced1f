import type { AttributeValue } from '../../../src/onnx/attribute';
import type { Constant } from '../../../src/onnx/value';
import { float, known, type Case, type CaseInput } from '../case';
import { Random } from '../random';
import { repeat } from './repeat';

const random = new Random(41);

const gatesOf = { RNN: 1, GRU: 3, LSTM: 4 } as const;
const functionsOf = { RNN: 1, GRU: 2, LSTM: 3 } as const;
const squashing = ['Sigmoid', 'Tanh', 'HardSigmoid', 'ScaledTanh', 'Softsign'];
const others = ['Relu', 'Affine', 'LeakyRelu', 'ThresholdedRelu', 'Elu', 'Softplus'];

/** Functions for all directions, and as many alphas and betas as these take, or fewer. */
function activations(count: number): { names: string[]; attributes: Record<string, AttributeValue> } {
  const names = Array.from({ length: count }, () => random.pick(random.next() < 0.6 ? squashing : others));
  const numbers = (takers: readonly string[]) =>
    names.filter((name) => takers.includes(name)).map(() => 0.2 + 0.6 * random.next());
  const alphas = numbers(['Affine', 'LeakyRelu', 'ThresholdedRelu', 'ScaledTanh', 'HardSigmoid', 'Elu']);
  const betas = numbers(['Affine', 'ScaledTanh', 'HardSigmoid']);
  return {
    names,
    attributes: {
      activations: names,
      ...(alphas.length > 0 && random.next() < 0.8 ? { activation_alpha: { floats: alphas } } : {}),
      ...(betas.length > 0 && random.next() < 0.8 ? { activation_beta: { floats: betas } } : {}),
    },
  };
}

function recurrent(opType: keyof typeof gatesOf): Case {
  const [gates, isLstm] = [gatesOf[opType], opType === 'LSTM'];
  const direction = random.pick(['forward', 'reverse', 'bidirectional']);
  const count = direction === 'bidirectional' ? 2 : 1;
  const [batch, depth] = random.dims(2, 1, 4) as [number, number];
  const hidden = random.integer(1, random.pick([2, 9, 36]));
  const isPlain = random.next() < 0.5;
  const steps = random.integer(1, 5);
  const scaled = (dims: readonly number[]): Constant =>
    random.floats(dims, -1 / Math.sqrt(hidden), 1 / Math.sqrt(hidden));
  const isKnown = random.next() < 0.7;
  const weights = (dims: readonly number[]): CaseInput => (isKnown ? known(scaled(dims)) : scaled(dims));
  const maybe = (input: CaseInput) => (random.next() < 0.5 ? input : undefined);
  const state = [count, batch, hidden];
  const lengths = random.integers([batch], 0, steps, 'int32');
  const own = functionsOf[opType] * count;
  return {
    opType,
    opset: random.pick([7, 14, 22]),
    outputs: isLstm ? random.pick([1, 2, 3]) : random.pick([1, 2]),
    tolerance: 5e-5,
    inputs: [
      random.floats([steps, batch, depth]),
      weights([count, gates * hidden, depth]),
      weights([count, gates * hidden, hidden]),
      maybe(weights([count, 2 * gates * hidden])),
      maybe(random.next() < 0.5 ? lengths : known(lengths)),
      maybe(random.floats(state, -1, 1)),
      ...(isLstm ? [maybe(random.floats(state, -1, 1)), maybe(weights([count, 3 * hidden]))] : []),
    ],
    attributes: {
      hidden_size: hidden,
      direction,
      ...(isPlain ? {} : activations(own).attributes),
      ...(random.next() < 0.3 ? { clip: float(0.2 + random.next()) } : {}),
      ...(isLstm && random.next() < 0.3 ? { input_forget: 1 } : {}),
      ...(opType === 'GRU' && random.next() < 0.5 ? { linear_before_reset: 1 } : {}),
    },
  };
}

export const recurrentCases: readonly Case[] = [
  ...repeat(40, () => recurrent('RNN')),
  ...repeat(60, () => recurrent('GRU')),
  ...repeat(80, () => recurrent('LSTM')),
];
