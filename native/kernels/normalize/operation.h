#pragma once

#include "kernels/operands.h"
#include "program/attributes.h"

namespace gdws {

/// A checked `normalize`: x seen as `rows` rows of `inner` elements, y like x. The variance is that of the population.
struct NormalizeOperation {
  explicit NormalizeOperation(const OperationView& operation) {
    const auto attributes = NormalizeAttributes::of(operation);
    const Value& x = inputOf(operation, 0);
    outputLike(operation, x);
    inner = attributes.inner;
    epsilon = attributes.epsilon;
    if (inner < 1 || static_cast<int64_t>(x.elements) % inner != 0) {
      operation.fail("x " + describe(x.dims) + " has no rows of " + std::to_string(inner) + " elements");
    }
    rows = static_cast<int64_t>(x.elements) / inner;
  }

  int64_t rows;
  int64_t inner;
  float epsilon;
};

}  // namespace gdws
