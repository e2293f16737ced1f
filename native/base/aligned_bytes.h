#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "base/memory_account.h"

namespace gdws {

/// Memory aligned to 64 bytes.
using AlignedBytes = std::shared_ptr<std::byte[]>;

/// Sizes are computed in 64 bits, and are sizes of memory by this. Throws std::bad_alloc where nothing can be so large:
/// in WebAssembly, whose addresses have 32 bits, from 2 GB on.
inline size_t sizeOfMemory(int64_t bytes) {
  if (bytes > PTRDIFF_MAX) throw std::bad_alloc();
  return static_cast<size_t>(bytes);
}

/// Throws std::bad_alloc.
AlignedBytes allocateBytes(size_t count);

/// Like allocateBytes(), and counted as `use` while the memory lives. Throws WeightsExceeded.
AlignedBytes allocateCounted(size_t count, MemoryUse use);

}  // namespace gdws
