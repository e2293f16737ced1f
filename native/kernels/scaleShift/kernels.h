#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition scaleShiftVector;
extern const KernelDefinition scaleShiftReference;

/// Fastest first.
inline constexpr const KernelDefinition* scaleShiftKernels[] = {&scaleShiftVector, &scaleShiftReference};

}  // namespace gdws
