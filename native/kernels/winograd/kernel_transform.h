#pragma once

#include <cstdint>

namespace gdws {

/// G·g·Gᵀ of 3 × 3 kernels for output tiles of `edge` × `edge` (2 or 4), computed in double precision.
///
/// @param stride floats from a kernel to the next
/// @param result (edge + 2)² rows, `pitch` floats apart, each with the same point of all kernels
void transformWinogradKernels(int64_t edge, const float* kernels, int64_t stride, int64_t count, float* result,
                              int64_t pitch);

}  // namespace gdws
