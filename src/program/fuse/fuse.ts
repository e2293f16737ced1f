import type { BuiltProgram } from '../built-program';
import type { ConstantPool } from '../constant-pool';
import { ProgramRewriter } from '../program-rewriter';
import { activationPattern } from './fuse-activations';
import { fuseAddition } from './fuse-additions';
import { linearPattern } from './fuse-linear';
import { fusePadding } from './fuse-padding';
import { dequantizeConstants, recognizeQuantized } from './integer/recognize-quantized';
import { fuseScale } from './integer/scaled-sums';
import { recognizeGate } from './recognize-gates';
import { gdwsPattern } from './recognize-gdws';
import { spreadTransposed } from './spread-transposed';

/** What a program is for, where that limits what is fused. */
export interface FusionOptions {
  /** Whether GDWS convolutions become one operation. */
  readonly separable?: boolean;
  /** Whether a quantized network is computed in integers, and not in floats between its roundings. */
  readonly integers?: boolean;
  /** Whether gradients are taken from results: activations that these do not determine stay operations. */
  readonly differentiably?: boolean;
}

/** Fuses operations of a program. */
export function fuse(
  built: BuiltProgram,
  pool: ConstantPool,
  { separable = true, integers = true, differentiably = false }: FusionOptions = {},
): void {
  const rewriter = new ProgramRewriter(built.program);
  if (integers) recognizeQuantized(built, pool, rewriter, separable);
  else dequantizeConstants(built, pool, rewriter);
  const patterns = [
    fuseScale,
    recognizeGate,
    linearPattern(built),
    fuseAddition,
    activationPattern(differentiably),
    fusePadding,
    // Gradients belong to the weights as they are.
    ...(differentiably ? [] : [spreadTransposed(built, pool)]),
  ];
  for (const pattern of separable ? [gdwsPattern(built, pool), ...patterns] : patterns) rewriter.apply(pattern);
  built.program.removeUnused();
}
