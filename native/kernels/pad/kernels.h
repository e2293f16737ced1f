#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition padRows;
extern const KernelDefinition padReference;

/// Fastest first.
inline constexpr const KernelDefinition* padKernels[] = {&padRows, &padReference};

}  // namespace gdws
