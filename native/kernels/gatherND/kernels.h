#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition gatherNDSlices;
extern const KernelDefinition gatherNDReference;

/// Fastest first.
inline constexpr const KernelDefinition* gatherNDKernels[] = {&gatherNDSlices, &gatherNDReference};

}  // namespace gdws
