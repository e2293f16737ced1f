#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition interpolateRows;
extern const KernelDefinition interpolateReference;

/// Fastest first.
inline constexpr const KernelDefinition* interpolateKernels[] = {&interpolateRows, &interpolateReference};

}  // namespace gdws
