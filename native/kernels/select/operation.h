#pragma once

#include "kernels/broadcast.h"
#include "kernels/operands.h"

namespace gdws {

/// A checked `select`: a bool condition, and a and b of y's type, broadcast to y.
struct SelectOperation {
  explicit SelectOperation(const OperationView& operation)
      : elementBytes(bytesOf(operation.output().type)),
        loop(broadcastLoop(operation, operation.output(),
                           {&inputOf(operation, 0, DataType::boolean), &inputOf(operation, 1, operation.output().type),
                            &inputOf(operation, 2, operation.output().type)})) {}

  size_t elementBytes;
  StridedLoop loop;
};

}  // namespace gdws
