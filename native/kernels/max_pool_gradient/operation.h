#pragma once

#include "kernels/operands.h"
#include "kernels/pooling/window.h"
#include "program/attributes.h"

namespace gdws {

/// A checked `maxPoolGradient`: x (N,C,H,W), the gradient of the pooling's result (N,C,OH,OW), result like x.
struct MaxPoolGradientOperation {
  explicit MaxPoolGradientOperation(const OperationView& operation)
      : pool(PoolOperation::of(operation, MaxPoolGradientAttributes::of(operation),
                               outputLike(operation, inputOf(operation, 0)), inputOf(operation, 1))) {
    const Value& x = inputOf(operation, 0);
    maps = x.elements == 0 ? 0 : x.dims[0] * x.dims[1];
  }

  PoolOperation pool;
  int64_t maps;
};

}  // namespace gdws
