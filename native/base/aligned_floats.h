#pragma once

#include <cstdint>
#include <memory>

#include "base/page_memory.h"

namespace gdws {

/// 64-byte aligned floats, zeroed, counted as weights; a large number takes memory only where it is written. Throws
/// std::bad_alloc and WeightsExceeded.
std::shared_ptr<float[]> allocateFloats(int64_t count, PageSize pageSize = PageSize::huge);

}  // namespace gdws
