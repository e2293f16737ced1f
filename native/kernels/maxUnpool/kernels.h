#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition maxUnpoolShares;
extern const KernelDefinition maxUnpoolReference;

/// Fastest first.
inline constexpr const KernelDefinition* maxUnpoolKernels[] = {&maxUnpoolShares, &maxUnpoolReference};

}  // namespace gdws
