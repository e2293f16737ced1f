#pragma once

#include <cstdint>

namespace gdws {

/// G·g·Gᵀ of a 3 × 3 kernel for output tiles of `edge` × `edge` (2 or 4): (edge + 2)² numbers, row by row, computed in
/// double precision.
void transformWinogradKernel(int64_t edge, const float* kernel, double* result);

}  // namespace gdws
