#pragma once

#include "kernels/pooling/window.h"

namespace gdws {

/// A checked `averagePool`. A window without taps gives 0.
struct AveragePoolOperation {
  explicit AveragePoolOperation(const OperationView& operation)
      : pool(operation), countIncludePad(integerBelow(operation, 10, 2, "countIncludePad") == 1) {}

  /// What output `position` of an axis divides by: the product over both axes is the number of taps.
  int64_t countOf(const PoolAxis& axis, int64_t position) const {
    return (countIncludePad ? axis.insidePadded(position) : axis.inside(position)).count();
  }

  PoolOperation pool;
  bool countIncludePad;
};

}  // namespace gdws
