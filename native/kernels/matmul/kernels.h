#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition matmulConstant;
extern const KernelDefinition matmulVariable;
extern const KernelDefinition matmulReference;

/// Fastest first.
inline constexpr const KernelDefinition* matmulKernels[] = {&matmulConstant, &matmulVariable, &matmulReference};

}  // namespace gdws
