#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition argReduceColumns;
extern const KernelDefinition argReduceReference;

/// Fastest first.
inline constexpr const KernelDefinition* argReduceKernels[] = {&argReduceColumns, &argReduceReference};

}  // namespace gdws
