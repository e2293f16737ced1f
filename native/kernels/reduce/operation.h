#pragma once

#include "kernels/broadcast.h"
#include "kernels/operands.h"
#include "program/functions.h"

namespace gdws {

/// A checked `reduce` of float32, int64 or int32: y's dims are x's with the reduced axes as 1. Reducing no elements
/// gives 0 for the sums, 1 for the product, -inf for max, +inf for min, NaN for the mean, -inf for the logarithms; of
/// integers, the least and the largest of the type for max and min, and 0 for the mean. Some functions are
/// not defined on integers.
struct ReduceOperation {
  explicit ReduceOperation(const OperationView& operation);

  DataType type;
  ReduceFunction function;
  StridedLoop kept;     ///< over the elements of y; operand 0 is where each one's elements begin in x
  StridedLoop reduced;  ///< over the elements of x that one of y is made of, from there
};

}  // namespace gdws
