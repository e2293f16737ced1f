#pragma once

#include "kernels/operands.h"

namespace gdws {

/// A checked `argReduce`: x seen as (outer, n, inner), y int64 (outer, inner): where along n the extreme is, the first
/// or the last of equals. The first NaN counts as the extreme, as in numpy.
struct ArgReduceOperation {
  explicit ArgReduceOperation(const OperationView& operation);

  /// Whether `candidate`, further on than `best`, replaces it.
  bool replaces(float candidate, float best) const {
    if (best != best) return false;
    if (candidate != candidate) return true;
    if (selectLast && candidate == best) return true;
    return smallest ? candidate < best : candidate > best;
  }

  int64_t outer;
  int64_t n;
  int64_t inner;
  bool smallest;
  bool selectLast;
};

}  // namespace gdws
