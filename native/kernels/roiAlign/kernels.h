#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition roiAlignBins;
extern const KernelDefinition roiAlignReference;

/// Fastest first.
inline constexpr const KernelDefinition* roiAlignKernels[] = {&roiAlignBins, &roiAlignReference};

}  // namespace gdws
