#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition maxPoolRows;
extern const KernelDefinition maxPoolReference;

/// Fastest first.
inline constexpr const KernelDefinition* maxPoolKernels[] = {&maxPoolRows, &maxPoolReference};

}  // namespace gdws
