#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace gdws {

/// Memory aligned to 64 bytes.
using AlignedBytes = std::shared_ptr<std::byte[]>;

/// Throws std::bad_alloc.
AlignedBytes allocateBytes(size_t count);

/// As allocateBytes, and counted in `held` as long as the memory lives. `held` must outlive it.
AlignedBytes allocateCounted(size_t count, std::atomic<int64_t>& held);

}  // namespace gdws
