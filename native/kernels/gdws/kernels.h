#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition gdwsFused;
extern const KernelDefinition gdwsReference;
extern const KernelDefinition gdwsWinograd2;
extern const KernelDefinition gdwsWinograd4;

/// Fastest first.
inline constexpr const KernelDefinition* gdwsKernels[] = {&gdwsFused, &gdwsWinograd4, &gdwsWinograd2, &gdwsReference};

}  // namespace gdws
