#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition unaryVector;
extern const KernelDefinition unaryIntegers;
extern const KernelDefinition unaryReference;

/// Fastest first.
inline constexpr const KernelDefinition* unaryKernels[] = {&unaryVector, &unaryIntegers, &unaryReference};

}  // namespace gdws
