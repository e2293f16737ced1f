#pragma once

#include "kernels/kernel.h"

namespace gdws {

/// Bytes of scratch memory for threads that need so many floats each, which must be whole cache lines.
inline int64_t scratchFor(int threads, int64_t floatsEach) { return threads * floatsEach * int64_t{sizeof(float)}; }

/// A thread's own part of it.
inline float* scratchOf(const Buffers& buffers, const Team& team, int64_t floatsEach) {
  return reinterpret_cast<float*>(buffers.scratch) + team.index * floatsEach;
}

}  // namespace gdws
