import type { Operation, ValueId } from './operation';

/** The two stages of a GDWS convolution, as values of its program. */
export interface GdwsOperands {
  /** (G, 1, KH, KW) */
  readonly depthwise: ValueId;
  /** (M, G / groups, 1, 1) */
  readonly pointwise: ValueId;
  /** g_c: number of depthwise kernels of each input channel. */
  readonly kernels: readonly number[];
}

/** The GDWS convolution that replaces a convolution: the same except for its weights. */
export function gdwsInPlaceOf(
  convolution: Operation<'convolution'>,
  { depthwise, pointwise, kernels }: GdwsOperands,
): Operation<'gdws'> {
  const [x, , ...addends] = convolution.inputs;
  return {
    ...convolution,
    opcode: 'gdws',
    inputs: [x, depthwise, pointwise, ...addends],
    attributes: { ...convolution.attributes, kernels },
  };
}
