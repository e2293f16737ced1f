#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition scatterElementsLines;
extern const KernelDefinition scatterElementsReference;

/// Fastest first.
inline constexpr const KernelDefinition* scatterElementsKernels[] = {&scatterElementsLines, &scatterElementsReference};

}  // namespace gdws
