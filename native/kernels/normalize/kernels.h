#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition normalizeReference;

/// Fastest first.
inline constexpr const KernelDefinition* normalizeKernels[] = {&normalizeReference};

}  // namespace gdws
