#pragma once

#include "kernels/operands.h"
#include "kernels/unary/function.h"

namespace gdws {

/// A checked `unary`: any dims, y like x.
struct UnaryOperation {
  explicit UnaryOperation(const OperationView& operation)
      : call{static_cast<UnaryFunction>(integerBelow(operation, 0, unaryFunctionCount, "unary function")),
             operation.real(0), operation.real(1)},
        elements(static_cast<int64_t>(outputLike(operation, inputOf(operation, 0)).elements)) {}

  UnaryCall call;
  int64_t elements;
};

}  // namespace gdws
