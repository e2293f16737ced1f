#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition softmaxReference;

/// Fastest first.
inline constexpr const KernelDefinition* softmaxKernels[] = {&softmaxReference};

}  // namespace gdws
