#pragma once

#include "kernels/operands.h"
#include "program/attributes.h"

namespace gdws {

/// A checked `softmax`: x seen as (outer, n, inner), y like x: exp(x - max) / Σ exp(x - max) over n, or its logarithm.
struct SoftmaxOperation {
  explicit SoftmaxOperation(const OperationView& operation) {
    const auto attributes = SoftmaxAttributes::of(operation);
    n = attributes.n;
    inner = attributes.inner;
    logarithm = attributes.logarithm;
    const Value& x = inputOf(operation, 0);
    outputLike(operation, x);
    const auto elements = static_cast<int64_t>(x.elements);
    if (elements == 0) {
      outer = n = inner = 0;
      return;
    }
    if (n < 1 || inner < 1 || elements % (n * inner) != 0) {
      operation.fail("x " + describe(x.dims) + " is no multiple of " + std::to_string(n) + " by " +
                     std::to_string(inner));
    }
    outer = elements / (n * inner);
  }

  int64_t outer;
  int64_t n;
  int64_t inner;
  bool logarithm;
};

}  // namespace gdws
