#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition localResponseVector;
extern const KernelDefinition localResponseReference;

/// Fastest first.
inline constexpr const KernelDefinition* localResponseKernels[] = {&localResponseVector, &localResponseReference};

}  // namespace gdws
