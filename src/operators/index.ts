import { isStandardDomain } from '../onnx/domain';
import { activationOperators } from './activation';
import { arithmeticOperators } from './arithmetic';
import { castOperators } from './cast';
import { controlFlowOperators } from './control-flow';
import { convolutionOperators } from './convolution';
import { einsumOperators } from './einsum';
import { fusedOperators } from './fused';
import { gatherOperators } from './gather';
import { joiningOperators } from './joining';
import { logicOperators } from './logic';
import { maskingOperators } from './masking';
import { maxUnpoolOperators } from './max-unpool';
import { nonMaxSuppressionOperators } from './non-max-suppression';
import { normalizationOperators } from './normalization';
import type { Operator } from './operator';
import { padOperators } from './pad';
import { integerProductOperators } from './integer-products';
import { poolingOperators } from './pooling';
import { quantizationOperators } from './quantization';
import { quantizedMicrosoftOperators, quantizedOperators } from './quantized';
import { productOperators } from './product';
import { rearrangingOperators } from './rearranging';
import { recurrentOperators } from './recurrent';
import { reductionOperators } from './reduction';
import { regionOperators } from './region';
import { resizeOperators } from './resize';
import { reversalOperators } from './reversal';
import { samplingOperators } from './sampling';
import { scatterOperators } from './scatter';
import { searchOperators } from './search';
import { shapingOperators } from './shaping';
import { sliceOperators } from './slice';
import { softmaxOperators } from './softmax';
import { sourceOperators } from './source';
import { uniqueOperators } from './unique';

export { OperatorCall, type Operator } from './operator';

/** Every operator of the default ONNX domain that gdws knows, by name. */
export const operatorTable: ReadonlyMap<string, Operator> = new Map(
  Object.entries({
    ...convolutionOperators,
    ...poolingOperators,
    ...maxUnpoolOperators,
    ...productOperators,
    ...einsumOperators,
    ...normalizationOperators,
    ...activationOperators,
    ...arithmeticOperators,
    ...logicOperators,
    ...maskingOperators,
    ...castOperators,
    ...joiningOperators,
    ...sliceOperators,
    ...padOperators,
    ...resizeOperators,
    ...samplingOperators,
    ...regionOperators,
    ...shapingOperators,
    ...rearrangingOperators,
    ...gatherOperators,
    ...scatterOperators,
    ...reversalOperators,
    ...recurrentOperators,
    ...reductionOperators,
    ...softmaxOperators,
    ...sourceOperators,
    ...searchOperators,
    ...uniqueOperators,
    ...nonMaxSuppressionOperators,
    ...quantizationOperators,
    ...quantizedOperators,
    ...integerProductOperators,
    ...controlFlowOperators,
  }),
);

/** Operators of the domain com.microsoft. */
export const microsoftOperatorTable: ReadonlyMap<string, Operator> = new Map(
  Object.entries({ ...quantizedMicrosoftOperators, ...fusedOperators }),
);

/** An operator of the tables; `undefined` for unknown ones and other domains. */
export function operatorOf(domain: string, opType: string): Operator | undefined {
  if (domain === 'com.microsoft') return microsoftOperatorTable.get(opType);
  return isStandardDomain(domain) ? operatorTable.get(opType) : undefined;
}
