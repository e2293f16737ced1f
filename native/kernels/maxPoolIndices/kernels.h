#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition maxPoolIndicesRows;
extern const KernelDefinition maxPoolIndicesReference;

/// Fastest first.
inline constexpr const KernelDefinition* maxPoolIndicesKernels[] = {&maxPoolIndicesRows, &maxPoolIndicesReference};

}  // namespace gdws
