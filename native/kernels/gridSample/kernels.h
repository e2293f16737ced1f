#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition gridSamplePoints;
extern const KernelDefinition gridSampleReference;

/// Fastest first.
inline constexpr const KernelDefinition* gridSampleKernels[] = {&gridSamplePoints, &gridSampleReference};

}  // namespace gdws
