#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition maxPoolGradientMaps;
extern const KernelDefinition maxPoolGradientReference;

/// Fastest first.
inline constexpr const KernelDefinition* maxPoolGradientKernels[] = {&maxPoolGradientMaps, &maxPoolGradientReference};

}  // namespace gdws
