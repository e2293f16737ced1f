#pragma once

#include "kernels/pooling/window.h"
#include "program/attributes.h"

namespace gdws {

/// A checked `averagePool`. A window without taps gives 0.
struct AveragePoolOperation {
  explicit AveragePoolOperation(const OperationView& operation) {
    const auto attributes = AveragePoolAttributes::of(operation);
    pool = PoolOperation::of(operation, attributes);
    countIncludePad = attributes.countIncludePad;
  }

  /// The divisor of output `position` of an axis: the product over both axes is the number of taps.
  int64_t countOf(const PoolAxis& axis, int64_t position) const {
    return (countIncludePad ? axis.insidePadded(position) : axis.inside(position)).count();
  }

  PoolOperation pool;
  bool countIncludePad;
};

}  // namespace gdws
