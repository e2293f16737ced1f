#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition convolutionDepthwise;
extern const KernelDefinition convolutionProduct;
extern const KernelDefinition convolutionReference;

/// Fastest first.
inline constexpr const KernelDefinition* convolutionKernels[] = {&convolutionDepthwise, &convolutionProduct,
                                                                 &convolutionReference};

}  // namespace gdws
