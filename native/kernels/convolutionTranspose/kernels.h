#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition convolutionTransposeReference;

/// Fastest first.
inline constexpr const KernelDefinition* convolutionTransposeKernels[] = {&convolutionTransposeReference};

}  // namespace gdws
