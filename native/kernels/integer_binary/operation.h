#pragma once

#include "kernels/broadcast.h"
#include "kernels/integer/bytes.h"
#include "program/attributes.h"

namespace gdws {

/// A checked `integerBinary`: a, b and y each uint8 or int8, a and b broadcast to y.
struct IntegerBinaryOperation {
  explicit IntegerBinaryOperation(const OperationView& operation);

  DataType aType;
  DataType bType;
  DataType yType;
  IntegerBinaryAttributes attributes;
  StridedLoop loop;  ///< over y; operands a and b
};

}  // namespace gdws
