#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition gdwsFused;
extern const KernelDefinition gdwsReference;

/// Fastest first.
inline constexpr const KernelDefinition* gdwsKernels[] = {&gdwsFused, &gdwsReference};

}  // namespace gdws
