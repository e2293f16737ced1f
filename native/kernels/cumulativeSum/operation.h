#pragma once

#include "kernels/operands.h"

namespace gdws {

/// A checked `cumulativeSum`: x float32, int64 or int32, seen as (outer, n, inner), y like x: sums along n up to each
/// element, with it or, where exclusive, without; from the end where reverse. Integers wrap.
struct CumulativeSumOperation {
  explicit CumulativeSumOperation(const OperationView& operation);

  /// Sums one line, whose elements are `inner` apart. y may be x.
  template <class Sum, class Number>
  void sum(const Number* x, Number* y) const;

  DataType type;
  bool exclusive;
  bool reverse;
  int64_t outer;
  int64_t n;
  int64_t inner;
};

template <class Sum, class Number>
void CumulativeSumOperation::sum(const Number* x, Number* y) const {
  Sum total = 0;
  for (int64_t i = 0; i < n; ++i) {
    const int64_t at = (reverse ? n - 1 - i : i) * inner;
    const Sum next = total + static_cast<Sum>(x[at]);
    y[at] = static_cast<Number>(exclusive ? total : next);
    total = next;
  }
}

}  // namespace gdws
