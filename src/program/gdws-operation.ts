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

/** The two stages of a quantized GDWS convolution, as values of its program. */
export interface IntegerGdwsOperands extends GdwsOperands {
  /** (G) */
  readonly depthwiseScale: ValueId;
}

/** Features as bytes without sign, as often below as above their zero point. */
const features = { featureZeroPoint: 128, featureLeast: 0, featureMost: 255 };

/** The quantized GDWS convolution that replaces a quantized convolution: the same except for its weights. */
export function integerGdwsInPlaceOf(
  convolution: Operation<'integerConvolution'>,
  { depthwise, pointwise, kernels, depthwiseScale }: IntegerGdwsOperands,
): Operation<'integerGdws'> {
  const [x, , xZeroPoint, , ...result] = convolution.inputs;
  return {
    ...convolution,
    opcode: 'integerGdws',
    inputs: [x, depthwise, pointwise, xZeroPoint, depthwiseScale, undefined, ...result],
    attributes: { ...convolution.attributes, ...features, kernels },
  };
}
