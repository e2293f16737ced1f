#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition maxPoolReference;

/// Fastest first.
inline constexpr const KernelDefinition* maxPoolKernels[] = {&maxPoolReference};

}  // namespace gdws
