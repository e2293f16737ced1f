#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition stridedCopy;
extern const KernelDefinition stridedReference;

/// Fastest first.
inline constexpr const KernelDefinition* stridedKernels[] = {&stridedCopy, &stridedReference};

}  // namespace gdws
