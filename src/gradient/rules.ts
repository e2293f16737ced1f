import type { OpcodeName } from '../program/operation';
import { convolution, convolutionTranspose } from './convolution';
import { binary, select, unary } from './elementwise';
import { gdws } from './gdws';
import { cumulativeSum, gatherElements, gatherND, scatterElements, scatterND, topK } from './indexing';
import { matmul } from './matmul';
import { localResponse, normalize, scaleShift, softmax } from './normalization';
import { averagePool, maxPool } from './pooling';
import { dequantize, quantize } from './quantization';
import { alias, cast, concat, gather, interpolate, pad, strided } from './rearrangement';
import { reduce } from './reduction';
import type { Rule } from './rule';

/** The differentiation rule of each operation; missing ones give no floats, or are gradients themselves. */
export const rules: { readonly [Opcode in OpcodeName]?: Rule<Opcode> } = {
  convolution,
  gdws,
  convolutionTranspose,
  matmul,
  maxPool,
  averagePool,
  unary,
  binary,
  scaleShift,
  normalize,
  localResponse,
  reduce,
  softmax,
  concat,
  strided,
  pad,
  gather,
  interpolate,
  alias,
  cast,
  select,
  gatherElements,
  gatherND,
  scatterElements,
  scatterND,
  topK,
  cumulativeSum,
  quantize,
  dequantize,
};

/** Operations whose rule also holds where they give integers: what quantizes, and what moves or chooses elements. */
export const ofIntegers: ReadonlySet<OpcodeName> = new Set([
  'quantize',
  'alias',
  'strided',
  'gather',
  'concat',
  'pad',
  'maxPool',
  'cast',
]);
