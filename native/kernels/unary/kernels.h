#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition unaryVector;
extern const KernelDefinition unaryReference;

/// Fastest first.
inline constexpr const KernelDefinition* unaryKernels[] = {&unaryVector, &unaryReference};

}  // namespace gdws
