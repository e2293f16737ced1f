#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition reduceVector;
extern const KernelDefinition reduceReference;

/// Fastest first.
inline constexpr const KernelDefinition* reduceKernels[] = {&reduceVector, &reduceReference};

}  // namespace gdws
