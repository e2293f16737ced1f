#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition gatherCopy;
extern const KernelDefinition gatherReference;

/// Fastest first.
inline constexpr const KernelDefinition* gatherKernels[] = {&gatherCopy, &gatherReference};

}  // namespace gdws
