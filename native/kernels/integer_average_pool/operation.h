#pragma once

#include "kernels/integer/bytes.h"
#include "kernels/pooling/window.h"
#include "program/attributes.h"

namespace gdws {

/// A checked `integerAveragePool`: x and y each uint8 or int8. A window without taps gives the zero point of y.
struct IntegerAveragePoolOperation {
  explicit IntegerAveragePoolOperation(const OperationView& operation);

  /// Taps of an axis that the divisor counts, at least 1.
  int32_t countOf(const PoolAxis& axis, int64_t position) const;
  /// The divisor of output (row, column).
  float tapsOf(int64_t row, int64_t column) const;
  /// An element of y for the sum of its taps.
  uint8_t result(int64_t sum, float taps) const;

  DataType xType;
  ByteRange range;  ///< of the type of y
  IntegerAveragePoolAttributes attributes;
  PoolOperation pool;
};

}  // namespace gdws
