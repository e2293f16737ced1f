#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition matmulReference;

/// Fastest first.
inline constexpr const KernelDefinition* matmulKernels[] = {&matmulReference};

}  // namespace gdws
