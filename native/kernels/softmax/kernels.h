#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition softmaxVector;
extern const KernelDefinition softmaxReference;

/// Fastest first.
inline constexpr const KernelDefinition* softmaxKernels[] = {&softmaxVector, &softmaxReference};

}  // namespace gdws
