#pragma once

#include "kernels/broadcast.h"
#include "kernels/operands.h"
#include "program/attributes.h"

namespace gdws {

/// A checked `compare`: operands of one type, any, broadcast to y, which is bool. NaN compares false.
struct CompareOperation {
  explicit CompareOperation(const OperationView& operation)
      : function(CompareAttributes::of(operation).function),
        type(operation.input(0).type),
        loop(broadcastLoop(operation, outputOf(operation, DataType::boolean),
                           {&operation.input(0), &inputOf(operation, 1, operation.input(0).type)})) {}

  CompareFunction function;
  DataType type;
  StridedLoop loop;
};

template <class Number>
bool apply(CompareFunction function, Number a, Number b) {
  switch (function) {
    case CompareFunction::equal:
      return a == b;
    case CompareFunction::less:
      return a < b;
    case CompareFunction::lessOrEqual:
      return a <= b;
    case CompareFunction::greater:
      return a > b;
    default:
      return a >= b;
  }
}

}  // namespace gdws
