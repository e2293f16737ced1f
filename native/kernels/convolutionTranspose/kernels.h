#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition convolutionTransposeProduct;
extern const KernelDefinition convolutionTransposeReference;

/// Fastest first.
inline constexpr const KernelDefinition* convolutionTransposeKernels[] = {&convolutionTransposeProduct,
                                                                          &convolutionTransposeReference};

}  // namespace gdws
