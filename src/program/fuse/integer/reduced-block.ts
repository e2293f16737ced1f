import { elementCount } from '../../../onnx/value';
import type { Operation } from '../../operation';
import type { ProgramRewriter } from '../../program-rewriter';

/** A reduction as a pooling whose window is all that is reduced. */
export interface ReducedBlock {
  /** Dims (N,1,H,W) with which the pooling sees x and y. */
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly window: {
    readonly kernel: readonly [number, number];
    readonly strides: readonly [number, number];
    readonly dilations: readonly [number, number];
    readonly pads: readonly [number, number, number, number];
  };
}

/** Undefined unless there are elements, along axes that follow each other. */
export function reducedBlock(
  { inputs, attributes }: Operation<'reduce'>,
  rewriter: ProgramRewriter,
): ReducedBlock | undefined {
  const { dims } = rewriter.valueOf(inputs[0]!);
  const axes = attributes.axes.toSorted((one, other) => one - other);
  const [first, last] = [axes[0], axes.at(-1)];
  if (first === undefined || last! - first + 1 !== axes.length || dims.includes(0)) return undefined;
  const outer = elementCount(dims.slice(0, first));
  const count = elementCount(dims.slice(first, last! + 1));
  const inner = elementCount(dims.slice(last! + 1));
  // Rows are contiguous: where nothing is left after the axes, all is in one.
  const [rows, columns] = inner === 1 ? [1, count] : [count, 1];
  return {
    input: [outer, 1, rows, columns * inner],
    output: [outer, 1, 1, inner],
    window: { kernel: [rows, columns], strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] },
  };
}
