#pragma once

#include "kernels/kernel.h"

namespace gdws {

extern const KernelDefinition castThreads;
extern const KernelDefinition castReference;

/// Fastest first.
inline constexpr const KernelDefinition* castKernels[] = {&castThreads, &castReference};

}  // namespace gdws
