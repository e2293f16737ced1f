#pragma once

#include "kernels/operands.h"

namespace gdws {

/// A checked `normalize`: x seen as `rows` rows of `inner` elements, y like x. The variance is that of the population.
struct NormalizeOperation {
  explicit NormalizeOperation(const OperationView& operation) : epsilon(operation.real(0)) {
    const Value& x = inputOf(operation, 0);
    outputLike(operation, x);
    inner = operation.integer(0);
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
