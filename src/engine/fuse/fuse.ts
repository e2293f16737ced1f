import type { BuiltProgram } from '../builder';
import type { ConstantPool } from '../constant-pool';
import { fuseActivations } from './fuse-activations';
import { fuseAdditions } from './fuse-additions';
import { fusePadding } from './fuse-padding';
import { recognizeGates } from './recognize-gates';
import { recognizeGdws } from './recognize-gdws';

/** Joins operations of a program that one operation can compute. Where `separable` is false, the stages of GDWS stay apart. */
export function fuse(built: BuiltProgram, pool: ConstantPool, separable = true): void {
  const { program } = built;
  if (separable) recognizeGdws(built, pool);
  recognizeGates(program);
  fuseAdditions(program);
  fuseActivations(program);
  fusePadding(program);
  program.removeUnused();
}
