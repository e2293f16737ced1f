import type { AttributeValue } from '../../../src/onnx/attribute';
import { float, known, type Case, type CaseInput } from '../case';
import { Random } from '../random';
import { repeat } from './repeat';

const random = new Random(43);

const microsoft = { domain: 'com.microsoft', opset: 17 } as const;

const maybeKnown = (input: CaseInput) => (random.next() < 0.6 ? known(input) : input);

const convolutionActivations: readonly Record<string, AttributeValue>[] = [
  {},
  { activation: 'Relu' },
  { activation: 'Tanh' },
  { activation: 'Sigmoid' },
  { activation: 'LeakyRelu', activation_params: { floats: [0.2] } },
  { activation: 'Clip', activation_params: { floats: [-0.5, 1.5] } },
  { activation: 'HardSigmoid', activation_params: { floats: [0.3, 0.4] } },
];

function fusedConvolution(): Case {
  const rank = random.integer(1, 2);
  const groups = random.pick([1, 1, 2]);
  const [channels, outputs] = [groups * random.integer(1, 3), groups * random.integer(1, 3)];
  const kernel = random.dims(rank, 1, 3);
  const spatial = random.dims(rank, 4, 7);
  const batch = random.integer(1, 2);
  const result = [batch, outputs, ...spatial.map((size, axis) => size - kernel[axis]! + 1)];
  const bias = random.next() < 0.6 ? known(random.floats([outputs])) : undefined;
  const residual = rank === 2 && random.next() < 0.4 ? random.floats(result) : undefined;
  return {
    ...microsoft,
    opType: 'FusedConv',
    inputs: [
      random.floats([batch, channels, ...spatial]),
      known(random.floats([outputs, channels / groups, ...kernel])),
      ...(residual ? [bias, residual] : bias ? [bias] : []),
    ],
    attributes: { group: groups, kernel_shape: kernel, ...random.pick(convolutionActivations) },
  };
}

const gemmActivations: readonly Record<string, AttributeValue>[] = [
  { activation: 'Relu' },
  { activation: 'Sigmoid' },
  { activation: 'Tanh' },
  { activation: 'Softplus' },
  { activation: 'Softsign' },
  { activation: 'LeakyRelu', activation_alpha: float(0.2) },
  { activation: 'ThresholdedRelu', activation_alpha: float(0.4) },
  { activation: 'Elu', activation_alpha: float(0.7) },
  { activation: 'HardSigmoid', activation_alpha: float(0.3), activation_beta: float(0.4) },
  { activation: 'Selu', activation_alpha: float(1.5), activation_gamma: float(1.1) },
];

function fusedGemm(): Case {
  const [rows, depth, columns] = random.dims(3, 1, 6) as [number, number, number];
  const [transA, transB] = [random.integer(0, 1), random.integer(0, 1)];
  const addend = random.pick([undefined, [], [columns], [1, columns], [rows, columns]]);
  return {
    ...microsoft,
    opType: 'FusedGemm',
    inputs: [
      random.floats(transA ? [depth, rows] : [rows, depth]),
      maybeKnown(random.floats(transB ? [columns, depth] : [depth, columns])),
      ...(addend ? [maybeKnown(random.floats(addend))] : []),
    ],
    attributes: {
      transA,
      transB,
      alpha: float(random.pick([1, 0.5])),
      beta: float(random.pick([1, 1.5])),
      ...random.pick(gemmActivations),
    },
  };
}

function fusedProduct(): Case {
  const [rows, depth, columns] = random.dims(3, 1, 5) as [number, number, number];
  const batch = random.dims(random.integer(0, 2), 1, 3);
  const operand = (own: readonly number[], matrix: readonly number[], isTransposed: boolean, isMoved: boolean) => {
    const [first, last] = isTransposed ? [matrix[1]!, matrix[0]!] : [matrix[0]!, matrix[1]!];
    return random.floats(isMoved ? [first, ...own, last] : [...own, first, last]);
  };
  const [transA, transB] = [random.integer(0, 1), random.integer(0, 1)];
  const isBatch = batch.length > 0;
  const [transBatchA, transBatchB] = [0, 1].map(() => (isBatch && random.next() < 0.3 ? 1 : 0)) as [number, number];
  const isPlain = transBatchA + transBatchB === 0 && random.next() < 0.3;
  return {
    ...microsoft,
    opType: 'FusedMatMul',
    inputs: [
      operand(batch, [rows, depth], transA === 1, transBatchA === 1),
      maybeKnown(operand(isPlain ? [] : batch, [depth, columns], transB === 1, transBatchB === 1)),
    ],
    attributes: { transA, transB, transBatchA, transBatchB, alpha: float(random.pick([1, 0.25])) },
  };
}

function gelu(opType: string): Case {
  const dims = random.dims(random.integer(1, 3), 1, 9);
  const bias = random.floats([dims.at(-1)!]);
  const hasBias = opType === 'BiasGelu' || (opType === 'FastGelu' && random.next() < 0.5);
  return { ...microsoft, opType, inputs: [random.floats(dims, -4, 4), ...(hasBias ? [maybeKnown(bias)] : [])] };
}

function skipNormalization(): Case {
  const dims = random.dims(3, 1, 9);
  const last = [dims[2]!];
  const skip = random.pick([dims, dims.slice(1), [1, ...dims.slice(1)]]);
  const [gamma, beta, bias] = [0, 1, 2].map(() => maybeKnown(random.floats(last))) as [CaseInput, CaseInput, CaseInput];
  return {
    ...microsoft,
    opType: 'SkipLayerNormalization',
    inputs: [
      random.floats(dims),
      random.floats(skip),
      gamma,
      ...random.pick([[], [beta], [beta, bias], [undefined, bias]]),
    ],
    attributes: { epsilon: float(1e-3) },
  };
}

export const fusedCases: readonly Case[] = [
  ...repeat(40, fusedConvolution),
  ...repeat(30, fusedGemm),
  ...repeat(50, fusedProduct),
  ...['Gelu', 'BiasGelu', 'FastGelu', 'QuickGelu'].flatMap((opType) => repeat(5, () => gelu(opType))),
  ...repeat(12, skipNormalization),
];
