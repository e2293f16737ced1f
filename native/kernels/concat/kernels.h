#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition concatReference;

/// Fastest first.
inline constexpr const KernelDefinition* concatKernels[] = {&concatReference};

}  // namespace gdws
