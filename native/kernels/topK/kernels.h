#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition topKLines;
extern const KernelDefinition topKReference;

/// Fastest first.
inline constexpr const KernelDefinition* topKKernels[] = {&topKLines, &topKReference};

}  // namespace gdws
