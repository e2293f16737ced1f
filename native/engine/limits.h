#pragma once

#include <cstddef>
#include <cstdint>

namespace gdws {

/// Loops at the limits of the processor: their times are what kernels are compared with. Each runs on a team of
/// `threads`, placed as that of a run is, with the vectors of the instruction set in use.

/// Fused multiply-adds on registers; returns how many numbers were multiplied and added in all.
int64_t multiplyAdds(int threads, int64_t rounds);
/// The same of bytes, added up as int32.
int64_t multiplyAddsOfBytes(int threads, int64_t rounds);

/// Reads `passes` times all of x, a contiguous part each thread; returns the sum of what was read.
double readMemory(int threads, const float* x, size_t count, int64_t passes);

}  // namespace gdws
