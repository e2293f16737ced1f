import type { BuiltProgram } from '../built-program';
import type { ConstantPool } from '../constant-pool';
import { ProgramRewriter } from '../program-rewriter';
import { fuseActivation } from './fuse-activations';
import { fuseAddition } from './fuse-additions';
import { fusePadding } from './fuse-padding';
import { recognizeQuantized } from './integer/recognize-quantized';
import { fuseScale } from './integer/scaled-sums';
import { recognizeGate } from './recognize-gates';
import { gdwsPattern } from './recognize-gdws';

/** Fuses operations of a program. Where `separable` is false, GDWS convolutions are not recognized. */
export function fuse(built: BuiltProgram, pool: ConstantPool, separable = true): void {
  const rewriter = new ProgramRewriter(built.program);
  recognizeQuantized(built, pool, rewriter, separable);
  const patterns = [fuseScale, recognizeGate, fuseAddition, fuseActivation, fusePadding];
  for (const pattern of separable ? [gdwsPattern(built, pool), ...patterns] : patterns) rewriter.apply(pattern);
  built.program.removeUnused();
}
