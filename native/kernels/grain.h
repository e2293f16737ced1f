#pragma once

#include <cstdint>

namespace gdws {

/// The least number of elements for which a share of work is worth a thread, where each takes little time.
inline constexpr int64_t grain = 1024;

}  // namespace gdws
