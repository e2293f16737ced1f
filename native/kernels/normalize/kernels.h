#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition normalizeVector;
extern const KernelDefinition normalizeReference;

/// Fastest first.
inline constexpr const KernelDefinition* normalizeKernels[] = {&normalizeVector, &normalizeReference};

}  // namespace gdws
