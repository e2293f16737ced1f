#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition selectRuns;
extern const KernelDefinition selectReference;

/// Fastest first.
inline constexpr const KernelDefinition* selectKernels[] = {&selectRuns, &selectReference};

}  // namespace gdws
