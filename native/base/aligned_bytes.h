#pragma once

#include <cstddef>
#include <memory>

#include "base/memory_account.h"

namespace gdws {

/// Memory aligned to 64 bytes.
using AlignedBytes = std::shared_ptr<std::byte[]>;

/// Throws std::bad_alloc.
AlignedBytes allocateBytes(size_t count);

/// Like allocateBytes(), and counted as `use` while the memory lives. Throws WeightsExceeded.
AlignedBytes allocateCounted(size_t count, MemoryUse use);

}  // namespace gdws
