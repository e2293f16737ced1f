#pragma once

#include "kernels/kernel.h"

namespace gdws {

/// Bytes of scratch memory for threads that need so many floats each, which must be whole cache lines.
inline size_t scratchFor(int threads, size_t floatsEach) {
  return static_cast<size_t>(threads) * floatsEach * sizeof(float);
}

/// A thread's own part of it.
inline float* scratchOf(const Buffers& buffers, const Team& team, size_t floatsEach) {
  return reinterpret_cast<float*>(buffers.scratch) + static_cast<size_t>(team.index) * floatsEach;
}

}  // namespace gdws
