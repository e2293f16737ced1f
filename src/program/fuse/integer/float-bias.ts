import { operationOf, type Origin, type ProgramOperation, type ValueId } from '../../operation';
import type { Program } from '../../program';

/** What is added to floats that an integer operation writes. */
interface FloatBias {
  readonly bias: ValueId;
  /** Dims with which it broadcasts over the result. */
  readonly dims: readonly number[];
  readonly sums: ValueId;
  readonly output: ValueId;
}

/** The sum of a bias that is no whole number of units of the sums. */
export function addFloatBias(
  { bias, dims, sums, output }: FloatBias,
  origin: Origin,
  program: Program,
): ProgramOperation[] {
  const value = program.values[bias]!;
  const seen = program.addValue({ ...value, dims });
  const view = value.storage === 'temporary' ? [operationOf('alias', [bias], [seen], origin)] : [];
  return [...view, operationOf('binary', [sums, seen], [output], origin, { function: 'add' })];
}
