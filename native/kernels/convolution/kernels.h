#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition convolutionAccumulate;
extern const KernelDefinition convolutionDepthwise;
extern const KernelDefinition convolutionProduct;
extern const KernelDefinition convolutionReference;
extern const KernelDefinition convolutionWinograd2;
extern const KernelDefinition convolutionWinograd4;

/// Fastest first.
inline constexpr const KernelDefinition* convolutionKernels[] = {&convolutionDepthwise, &convolutionAccumulate,
                                                                 &convolutionWinograd4, &convolutionWinograd2,
                                                                 &convolutionProduct,   &convolutionReference};

}  // namespace gdws
