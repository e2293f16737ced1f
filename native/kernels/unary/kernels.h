#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition unaryReference;

/// Fastest first.
inline constexpr const KernelDefinition* unaryKernels[] = {&unaryReference};

}  // namespace gdws
