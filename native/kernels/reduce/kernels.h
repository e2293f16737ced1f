#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition reduceVector;
extern const KernelDefinition reduceIntegers;
extern const KernelDefinition reduceReference;

/// Fastest first.
inline constexpr const KernelDefinition* reduceKernels[] = {&reduceVector, &reduceIntegers, &reduceReference};

}  // namespace gdws
