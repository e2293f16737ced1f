#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition cumulativeSumLines;
extern const KernelDefinition cumulativeSumReference;

/// Fastest first.
inline constexpr const KernelDefinition* cumulativeSumKernels[] = {&cumulativeSumLines, &cumulativeSumReference};

}  // namespace gdws
