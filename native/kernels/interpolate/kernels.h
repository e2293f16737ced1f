#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition interpolateReference;

/// Fastest first.
inline constexpr const KernelDefinition* interpolateKernels[] = {&interpolateReference};

}  // namespace gdws
