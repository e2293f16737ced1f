#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition concatCopy;
extern const KernelDefinition concatReference;

/// Fastest first.
inline constexpr const KernelDefinition* concatKernels[] = {&concatCopy, &concatReference};

}  // namespace gdws
