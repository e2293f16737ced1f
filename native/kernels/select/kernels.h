#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition selectReference;

/// Fastest first.
inline constexpr const KernelDefinition* selectKernels[] = {&selectReference};

}  // namespace gdws
