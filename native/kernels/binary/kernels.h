#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition binaryVector;
extern const KernelDefinition binaryIntegers;
extern const KernelDefinition binaryReference;

/// Fastest first.
inline constexpr const KernelDefinition* binaryKernels[] = {&binaryVector, &binaryIntegers, &binaryReference};

}  // namespace gdws
