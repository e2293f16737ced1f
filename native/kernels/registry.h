#pragma once

#include <vector>

#include "kernels/kernel.h"

namespace gdws {

/// Every kernel of the build, a line an operation: the fastest first, the reference last.
// clang-format off
#define GDWS_KERNELS(X) \
  X(argReduceColumns) X(argReduceReference) \
  X(averagePoolRows) X(averagePoolReference) \
  X(binaryVector) X(binaryIntegers) X(binaryReference) \
  X(castThreads) X(castReference) \
  X(compareRuns) X(compareReference) \
  X(concatCopy) X(concatReference) \
  X(convolutionDepthwise) X(convolutionDepthwisePlanes) X(convolutionAccumulate) X(convolutionWinograd4) X(convolutionWinograd2) X(convolutionProduct) X(convolutionReference) \
  X(convolutionTransposeProduct) X(convolutionTransposeReference) \
  X(cumulativeSumLines) X(cumulativeSumReference) \
  X(dequantizeVector) X(dequantizeReference) \
  X(dynamicQuantizeVector) X(dynamicQuantizeReference) \
  X(gatherCopy) X(gatherReference) \
  X(gatherElementsRuns) X(gatherElementsReference) \
  X(gatherNDSlices) X(gatherNDReference) \
  X(gdwsFused) X(gdwsWinograd4) X(gdwsWinograd2) X(gdwsReference) \
  X(gridSamplePoints) X(gridSampleReference) \
  X(integerConvolutionWinograd4) X(integerConvolutionWinograd2) X(integerConvolutionProduct) X(integerConvolutionReference) \
  X(integerGdwsFused) X(integerGdwsReference) \
  X(integerMatmulRows) X(integerMatmulReference) \
  X(integerAveragePoolRows) X(integerAveragePoolReference) \
  X(integerBinaryVector) X(integerBinaryReference) \
  X(interpolateRows) X(interpolatePermutedLines) X(interpolateLines) X(interpolateReference) \
  X(localResponseVector) X(localResponseReference) \
  X(matmulConstant) X(matmulVariable) X(matmulReference) \
  X(maxPoolRows) X(maxPoolBytes) X(maxPoolReference) \
  X(maxPoolGradientMaps) X(maxPoolGradientReference) \
  X(maxPoolIndicesRows) X(maxPoolIndicesReference) \
  X(maxUnpoolShares) X(maxUnpoolReference) \
  X(normalizeVector) X(normalizeReference) \
  X(padRows) X(padReference) \
  X(quantizeVector) X(quantizeReference) \
  X(recurrentSteps) X(recurrentReference) \
  X(reduceVector) X(reduceIntegers) X(reduceReference) \
  X(roiAlignBins) X(roiAlignReference) \
  X(scaleShiftVector) X(scaleShiftReference) \
  X(scatterElementsLines) X(scatterElementsReference) \
  X(scatterNDRanges) X(scatterNDReference) \
  X(selectRuns) X(selectReference) \
  X(softmaxVector) X(softmaxReference) \
  X(stridedInterleave) X(stridedCopy) X(stridedReference) \
  X(tableRows) X(tableReference) \
  X(topKLines) X(topKReference) \
  X(unaryVector) X(unaryIntegers) X(unaryReference)
// clang-format on

#define GDWS_DECLARE_KERNEL(kernel) extern const KernelDefinition kernel;
GDWS_KERNELS(GDWS_DECLARE_KERNEL)
#undef GDWS_DECLARE_KERNEL

/// Their definitions, in this order.
const std::vector<KernelDefinition>& kernelTable();

}  // namespace gdws
