#pragma once

#include "kernels/operands.h"

namespace gdws {

/// A checked `topK`: x of any type but bool seen as (outer, n, inner); values like x and indices int64 as (outer, k,
/// inner): the k first along n in the order of `precedes`.
struct TopKOperation {
  explicit TopKOperation(const OperationView& operation);

  /// Whether element `a` of a line, at `i`, comes before `b`, at `j`: the larger first or, where the smallest are
  /// wanted, the smaller; of equals the first. NaN counts as larger than all numbers, as in numpy.
  template <class Number>
  bool precedes(Number a, int64_t i, Number b, int64_t j) const {
    const bool aIsNaN = a != a, bIsNaN = b != b;
    if (aIsNaN || bIsNaN) return aIsNaN && bIsNaN ? i < j : aIsNaN == largest;
    if (a == b) return i < j;
    return largest ? a > b : a < b;
  }

  DataType type;
  bool largest;
  int64_t outer;
  int64_t n;
  int64_t k;
  int64_t inner;
};

}  // namespace gdws
