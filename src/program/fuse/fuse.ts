import type { BuiltProgram } from '../built-program';
import type { ConstantPool } from '../constant-pool';
import { ProgramRewriter } from '../program-rewriter';
import { fuseActivation } from './fuse-activations';
import { fuseAddition } from './fuse-additions';
import { fusePadding } from './fuse-padding';
import { dequantizeConstants, recognizeQuantized } from './integer/recognize-quantized';
import { fuseScale } from './integer/scaled-sums';
import { recognizeGate } from './recognize-gates';
import { gdwsPattern } from './recognize-gdws';

/**
 * Fuses operations of a program. Where `separable` is false, GDWS convolutions are not recognized; where `integers` is false,
 * a quantized network is computed in floats between its roundings.
 */
export function fuse(built: BuiltProgram, pool: ConstantPool, separable = true, integers = true): void {
  const rewriter = new ProgramRewriter(built.program);
  if (integers) recognizeQuantized(built, pool, rewriter, separable);
  else dequantizeConstants(built, pool, rewriter);
  const patterns = [fuseScale, recognizeGate, fuseAddition, fuseActivation, fusePadding];
  for (const pattern of separable ? [gdwsPattern(built, pool), ...patterns] : patterns) rewriter.apply(pattern);
  built.program.removeUnused();
}
