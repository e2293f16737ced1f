#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition localResponseReference;

/// Fastest first.
inline constexpr const KernelDefinition* localResponseKernels[] = {&localResponseReference};

}  // namespace gdws
