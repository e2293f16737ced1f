#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition compareRuns;
extern const KernelDefinition compareReference;

/// Fastest first.
inline constexpr const KernelDefinition* compareKernels[] = {&compareRuns, &compareReference};

}  // namespace gdws
