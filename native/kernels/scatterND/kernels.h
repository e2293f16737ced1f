#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition scatterNDRanges;
extern const KernelDefinition scatterNDReference;

/// Fastest first.
inline constexpr const KernelDefinition* scatterNDKernels[] = {&scatterNDRanges, &scatterNDReference};

}  // namespace gdws
