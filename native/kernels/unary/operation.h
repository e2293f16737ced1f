#pragma once

#include "kernels/operands.h"
#include "kernels/unary/function.h"

namespace gdws {

/// A checked `unary`: float32, int64 or int32 of any dims, y like x. Some functions are not defined on integers.
struct UnaryOperation {
  explicit UnaryOperation(const OperationView& operation);

  DataType type;
  UnaryCall call;
  int64_t elements;
};

}  // namespace gdws
