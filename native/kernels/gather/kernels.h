#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition gatherReference;

/// Fastest first.
inline constexpr const KernelDefinition* gatherKernels[] = {&gatherReference};

}  // namespace gdws
