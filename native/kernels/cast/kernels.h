#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition castReference;

/// Fastest first.
inline constexpr const KernelDefinition* castKernels[] = {&castReference};

}  // namespace gdws
