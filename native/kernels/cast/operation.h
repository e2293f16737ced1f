#pragma once

#include "kernels/operands.h"

namespace gdws {

/// A checked `cast`: any dims; convert.h defines the results of numbers that the type of y cannot hold.
struct CastOperation {
  explicit CastOperation(const OperationView& operation);

  DataType from;
  DataType to;
  int64_t elements;
};

/// Converts `count` elements.
using CastFunction = void (*)(const void* x, void* y, int64_t count);
CastFunction castFunction(DataType from, DataType to);

}  // namespace gdws
