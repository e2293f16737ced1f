import type { Case } from './case';
import { activationCases } from './cases/activation';
import { arithmeticCases } from './cases/arithmetic';
import { castCases } from './cases/cast';
import { convolutionCases, distantConvolutionCases } from './cases/convolution';
import { einsumCases } from './cases/einsum';
import { fusedCases } from './cases/fused';
import { gatherCases } from './cases/gather';
import { joiningCases } from './cases/joining';
import { logicCases } from './cases/logic';
import { maskingCases } from './cases/masking';
import { narrowCases } from './cases/narrow';
import { normalizationCases } from './cases/normalization';
import { padCases } from './cases/pad';
import { poolingCases } from './cases/pooling';
import { productCases } from './cases/product';
import { quantizationCases } from './cases/quantization';
import { rearrangingCases } from './cases/rearranging';
import { recurrentCases } from './cases/recurrent';
import { reductionCases } from './cases/reduction';
import { regionCases } from './cases/region';
import { resizeCases } from './cases/resize';
import { reversalCases } from './cases/reversal';
import { samplingCases } from './cases/sampling';
import { scatterCases } from './cases/scatter';
import { searchCases } from './cases/search';
import { selectionCases } from './cases/selection';
import { shapingCases } from './cases/shaping';
import { sliceCases } from './cases/slice';
import { softmaxCases } from './cases/softmax';
import { sourceCases } from './cases/source';

/** The cases of all operators, each compared with onnxruntime-node by the test of its family. */
export const allCases: readonly Case[] = [
  ...activationCases,
  ...arithmeticCases,
  ...castCases,
  ...convolutionCases,
  ...distantConvolutionCases,
  ...einsumCases,
  ...fusedCases,
  ...gatherCases,
  ...joiningCases,
  ...logicCases,
  ...maskingCases,
  ...narrowCases,
  ...normalizationCases,
  ...padCases,
  ...poolingCases,
  ...productCases,
  ...quantizationCases,
  ...rearrangingCases,
  ...recurrentCases,
  ...reductionCases,
  ...regionCases,
  ...resizeCases,
  ...reversalCases,
  ...samplingCases,
  ...scatterCases,
  ...searchCases,
  ...selectionCases,
  ...shapingCases,
  ...sliceCases,
  ...softmaxCases,
  ...sourceCases,
];
