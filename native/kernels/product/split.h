#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/product/rounding.h"

namespace gdws {

/// `total` items in `parts` parts whose sizes differ by at most one, the larger first.
struct Split {
  int64_t total = 0;
  int64_t parts = 1;

  /// The fewest parts of at most `max` items each.
  static Split atMost(int64_t total, int64_t max) { return {total, std::max<int64_t>(1, quotientUp(total, max))}; }

  int64_t begin(int64_t part) const { return total / parts * part + std::min(part, total % parts); }
  int64_t size(int64_t part) const { return total / parts + (part < total % parts ? 1 : 0); }
  int64_t largest() const { return size(0); }
};

}  // namespace gdws
