#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition gatherElementsRuns;
extern const KernelDefinition gatherElementsReference;

/// Fastest first.
inline constexpr const KernelDefinition* gatherElementsKernels[] = {&gatherElementsRuns, &gatherElementsReference};

}  // namespace gdws
