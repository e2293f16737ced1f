#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition binaryReference;

/// Fastest first.
inline constexpr const KernelDefinition* binaryKernels[] = {&binaryReference};

}  // namespace gdws
