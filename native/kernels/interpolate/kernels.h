#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition interpolateRows;
extern const KernelDefinition interpolatePermutedLines;
extern const KernelDefinition interpolateLines;
extern const KernelDefinition interpolateReference;

/// Fastest first.
inline constexpr const KernelDefinition* interpolateKernels[] = {&interpolateRows, &interpolatePermutedLines,
                                                                 &interpolateLines, &interpolateReference};

}  // namespace gdws
