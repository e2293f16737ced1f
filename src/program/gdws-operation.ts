import type { Operation, ValueId } from './operation';

/** The two stages of a GDWS convolution, as values of its program. */
export interface GdwsOperands {
  /** (G, 1, KH, KW) */
  readonly depthwise: ValueId;
  /** (M, G / groups, 1, 1) */
  readonly pointwise: ValueId;
  /** g_c: how many of the depthwise kernels each input channel has. */
  readonly kernels: readonly number[];
}

/** The GDWS convolution that takes the place of a convolution: all but its weights is the same. */
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
