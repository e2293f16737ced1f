#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition gdwsReference;

/// Fastest first.
inline constexpr const KernelDefinition* gdwsKernels[] = {&gdwsReference};

}  // namespace gdws
