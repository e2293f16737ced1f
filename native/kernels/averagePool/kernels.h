#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition averagePoolRows;
extern const KernelDefinition averagePoolReference;

/// Fastest first.
inline constexpr const KernelDefinition* averagePoolKernels[] = {&averagePoolRows, &averagePoolReference};

}  // namespace gdws
